//! Waiting for health on a Windows host itself.

use super::word;
use crate::desired::{Probe, Resource};

/// Waits until the resource is healthy `samples` times in a row. Prints nothing until it gives up: then the
/// probe's last words, the service's state, and what the service manager has logged about it.
pub(in crate::step) fn await_health(resource: &Resource, seconds: u64, samples: u32) -> String {
    let ask = match &resource.health {
        // The same words as the reading of hosts uses. Without `--stderr` PowerShell would take curl's
        // complaints for errors of its own.
        Probe::Http(url) => format!(
            "& $env:SystemRoot\\System32\\curl.exe -q -gfsSk --stderr '-' -o NUL --noproxy '*' --max-time 5 \
             {}",
            word(url)
        ),
        Probe::Command(text) => format!("& ([ScriptBlock]::Create({}))", word(text)),
    };
    format!(
        "$watch = [Diagnostics.Stopwatch]::StartNew(); $good = 0\n\
         while ($true) {{\n  \
         try {{ $global:LASTEXITCODE = 0; $all = @({ask}); $said = $all -join ' '\n    \
         $healthy = $LASTEXITCODE -eq 0 -and -not ($all.Count -and $all[-1] -is [bool] -and -not $all[-1]) }}\n  \
         catch {{ $said = $_.Exception.Message; $healthy = $false }}\n  \
         if ($healthy) {{ $good++ }} else {{ $good = 0 }}\n  \
         if ($good -ge {samples}) {{ break }}\n  \
         if ($good -eq 0 -and $watch.Elapsed.TotalSeconds -ge {seconds}) {{\n    \
         $said\n    \
         Get-Service -Name {unit} | ForEach-Object {{ \"$($_.Name): $($_.Status)\" }}\n    \
         Get-WinEvent -FilterHashtable @{{ LogName = 'System'; ProviderName = 'Service Control Manager' }} \
         -MaxEvents 200 -ErrorAction SilentlyContinue | Where-Object {{ $_.Message -match {pattern} }} | \
         Select-Object -First 5 | ForEach-Object {{ \"$($_.TimeCreated.ToString('s')) $($_.Message)\" }}\n    \
         throw 'it is not healthy after {seconds} s'\n  \
         }}\n  \
         Start-Sleep -Seconds 1\n}}",
        unit = word(&resource.unit),
        pattern = word(&literal(&resource.unit)),
    )
}

/// `text` as a regular expression of .NET that matches just it.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !c.is_alphanumeric() && !"_- ".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

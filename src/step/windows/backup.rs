//! Backups on Windows hosts.

use super::word;
use crate::manifest::BackupGate;
use crate::value::Period;

/// Finds the newest backup and prints what vouches for it.
/// Its file may be ahead of the host's clock by `skew`.
pub(in crate::step) fn prove(gate: &BackupGate, skew: Period) -> String {
    let percent = gate.at_least.of_hundred();
    // The file's name is an argument, never part of the text.
    let probe = gate.probe.as_ref().map_or_else(String::new, |probe| {
        format!(
            "\n$global:LASTEXITCODE = 0\n\
             $all = @(& ([ScriptBlock]::Create({})) $newest.FullName)\n\
             if ($LASTEXITCODE -ne 0 -or ($all.Count -and $all[-1] -is [bool] -and -not $all[-1])) {{ throw \"the probe can't read it\" }}",
            word(probe)
        )
    });
    format!(
        "$files = @(Get-ChildItem -Path {pattern} -File -ErrorAction SilentlyContinue | \
         Sort-Object LastWriteTimeUtc -Descending)\n\
         if ($files.Count -eq 0) {{ throw {none} }}\n\
         $newest = $files[0]; $age = [long]([DateTime]::UtcNow - $newest.LastWriteTimeUtc).TotalSeconds\n\
         \"$($newest.FullName), $($newest.Length) bytes, $age s old\"\n\
         if ($newest.Length -eq 0) {{ throw 'it is empty' }}\n\
         if ($age -lt -{skew}) {{ throw \"it is of the future: $(-$age) s ahead of the clock of this host\" }}\n\
         if ($age -gt {age}) {{ throw {old} }}\n\
         if ($files.Count -gt 1 -and $newest.Length * 100 -lt $files[1].Length * {percent}) {{\n  \
         throw \"it has less than {percent} % of the size of $($files[1].FullName)\"\n}}\n\
         \"$((Get-FileHash -LiteralPath $newest.FullName).Hash.ToLowerInvariant())  $($newest.FullName)\"{probe}",
        pattern = word(&gate.newest),
        none = word(&format!("no file is called {}", gate.newest)),
        skew = skew.whole_seconds(),
        age = gate.max_age.whole_seconds(),
        old = word(&format!("that is older than {}", gate.max_age)),
    )
}

/// Takes a backup by `by`: into a folder that no pattern finds, from which it goes to its place when it is whole. It has
/// its own name from the beginning: `Compress-Archive` of Windows PowerShell takes no other ending than `.zip`.
pub(in crate::step) fn take(
    (folder, before, after): (&str, &str, &str),
    by: &str,
    pattern: &str,
) -> String {
    format!(
        "$folder = {folder}\n\
         [void][IO.Directory]::CreateDirectory($folder)\n\
         $last = Get-ChildItem -Path {pattern} -File -ErrorAction SilentlyContinue | \
         Sort-Object LastWriteTimeUtc | Select-Object -Last 1\n\
         $free = (New-Object IO.DriveInfo ([IO.Path]::GetPathRoot($folder))).AvailableFreeSpace\n\
         if ($last -and $free -le $last.Length) {{ \
         throw \"$folder has $free bytes left, and the last backup took $($last.Length): make room\" }}\n\
         $name = {before} + [DateTime]::UtcNow.ToString('yyyyMMddTHHmmssZ') + {after}\n\
         $part = \"$folder\\.$name.part\"; $file = \"$part\\$name\"\n\
         try {{\n  \
         [void][IO.Directory]::CreateDirectory($part)\n  \
         $global:LASTEXITCODE = 0\n  \
         & ([ScriptBlock]::Create({by})) $file | Out-Null\n  \
         if ($LASTEXITCODE -ne 0 -or -not (Test-Path -LiteralPath $file) -or (Get-Item -LiteralPath $file).Length -eq 0) {{ \
         throw 'it could not be written' }}\n  \
         Move-Item -LiteralPath $file -Destination \"$folder\\$name\"\n\
         }} finally {{ Remove-Item -LiteralPath $part -Recurse -Force -ErrorAction SilentlyContinue }}\n\
         \"$folder\\$name, $((Get-Item -LiteralPath \"$folder\\$name\").Length) bytes\"",
        folder = word(folder),
        pattern = word(pattern),
        before = word(before),
        after = word(after),
        by = word(by),
    )
}

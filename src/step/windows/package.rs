//! Packages of Windows Installer: copied, installed, seen and removed.

use super::reboot::ASKED;
use super::{cmd, list, word};
use crate::transport::{quote_cmd, quote_cmd_own};
use crate::value::{Digest, RemotePath, Version};

/// How often an installation is tried while another one goes on (1618), and for how long it is waited in
/// between, in seconds.
const TRIES: u32 = 20;
const PAUSE: u32 = 30;
/// For how long that is at most.
pub(in crate::step) const TURN: u64 = TRIES as u64 * PAUSE as u64;

/// Never asks and never reboots by itself.
const QUIET: &str = "/qn /norestart REBOOT=ReallySuppress";
/// Where it is logged how a product was removed, by its code.
const REMOVAL: &str = r"C:\ProgramData\mdc\remove-{0}.log";

/// Succeeds when the file has this content. certutil prints the digest as a line of its own.
pub(in crate::step) fn check_file(digest: &Digest, path: &RemotePath) -> String {
    let path = quote_cmd(path, "");
    cmd(&format!("certutil.exe -hashfile {path} SHA256 | findstr.exe /i /x {digest}"))
}

/// Puts what was received into its place. Before that it lies beside it, so that a copy that was cut off is
/// gone on with.
pub(in crate::step) fn receive(digest: &Digest, path: &RemotePath) -> String {
    format!(
        "if ((Get-FileHash -LiteralPath $received -Algorithm SHA256).Hash -ne {digest}) {{\n  \
         Remove-Item -LiteralPath $received\n  \
         throw 'what came is not the file that was reviewed; it is removed'\n}}\n\
         Move-Item -LiteralPath $received -Destination {path} -Force",
        digest = word(&digest.to_string()),
        path = word(path.as_str()),
    )
}

/// Installs the package file, waiting for its turn. 3010 and 1641 say that it is done and a reboot is due (Microsoft, "`MsiExec.exe`
/// and `InstStmsi.exe` error messages"); of anything else the log's telling lines are shown. cmd has to
/// look at the status after the line was read, which is what `/v:on` and `!` are for.
/// A `%i` outside a script is the counter of `for`, which nobody asks.
pub(in crate::step) fn install(path: &RemotePath, is_repair: bool) -> String {
    let again = if is_repair { " REINSTALL=ALL REINSTALLMODE=vomus" } else { "" };
    let (file, log) = (quote_cmd(path, ""), quote_cmd(path, ".log"));
    format!(
        "cmd.exe /d /q /v:on /s /c \"(for /l %i in (1,1,{TRIES}) do \
         (msiexec.exe /i {file} {QUIET}{again} /l*v {log}& set s=!errorlevel!\
         & (if !s! equ 3010 (echo installed: a reboot is due& echo {log}>{ASKED}& exit 0))\
         & (if !s! equ 1641 (echo installed: a reboot has begun& exit 0))\
         & (if !s! equ 0 exit 0)\
         & (if !s! neq 1618 (type {log} | findstr.exe /i /c:\"return value 3\" /c:\"error\" 1>&2& exit !s!))\
         & echo waiting for Windows Installer 1>&2& ping.exe -n {PAUSE} 127.0.0.1 >nul))\
         & echo another installation is going on 1>&2& exit 1618\""
    )
}

/// Installs the package file after everything of its product was removed: Windows Installer does not go
/// back by itself.
pub(in crate::step) fn installs_older(names: &[&str], path: &RemotePath) -> String {
    let (file, log) = (quote_cmd(path, ""), quote_cmd(path, ".log"));
    format!(
        "{found}\n{removed}\n$log = {named}\n{run}",
        found = found(names),
        removed = removed(),
        named = word(&format!("{path}.log")),
        run = run(&word(&format!("/i {file} {QUIET} /l*v {log}")), "0, 3010, 1641"),
    )
}

/// Sees that this version is installed, and no other; prints what is there.
pub(in crate::step) fn check_version(name: &str, version: &Version) -> String {
    format!(
        "{}\n$found | ForEach-Object {{ \"$($_.DisplayName) $($_.DisplayVersion)\" }}\n\
         $versions = @($found | ForEach-Object {{ [string]$_.DisplayVersion }} | Sort-Object -Unique)\n\
         if ($versions.Count -ne 1 -or $versions[0] -ne {version}) {{ throw {lacks} }}",
        found(&[name]),
        version = word(version.as_str()),
        lacks = word(&format!("{name} {version} is not what is installed")),
    )
}

/// Sees that nothing of the product is installed.
pub(in crate::step) fn check_removed(names: &[&str]) -> String {
    format!(
        "{}\nif ($found) {{ throw \"$($found[0].DisplayName) is still installed\" }}",
        found(names)
    )
}

/// Stops the service and removes the product.
pub(in crate::step) fn remove(names: &[&str], unit: &str) -> String {
    format!(
        "$service = Get-Service -Name {unit} -ErrorAction SilentlyContinue\n\
         if ($service) {{\n  Stop-Service -Name {unit} -Force\n  \
         $service.WaitForStatus('Stopped', '00:02:00')\n}}\n{found}\n{removed}",
        unit = word(unit),
        found = found(names),
        removed = removed(),
    )
}

/// What is installed of a product, by the Uninstall keys of both views of the registry. Its name may end
/// with its version. `Win32_Product` would repair whatever it lists, and `Get-ItemProperty` gives up at a value
/// that is not of its own kind, whatever it is told to do of errors (PowerShell, issue 9552).
fn found(names: &[&str]) -> String {
    format!(
        "$names = @({names})\n\
         $found = @(foreach ($view in 'Registry64', 'Registry32') {{\n  \
         $all = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view).OpenSubKey(\
         'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall')\n  \
         if (-not $all) {{ continue }}\n  \
         foreach ($code in $all.GetSubKeyNames()) {{\n    \
         $key = $all.OpenSubKey($code)\n    \
         if (-not $key) {{ continue }}\n    \
         $shown = [string]$key.GetValue('DisplayName'); $version = [string]$key.GetValue('DisplayVersion')\n    \
         $key.Close()\n    \
         if (@($names | Where-Object {{ $shown -eq $_ -or $shown -eq \"$_ $version\" }}).Count -gt 0) {{\n      \
         New-Object PSObject -Property @{{ Code = $code; DisplayName = $shown; DisplayVersion = $version }}\n    \
         }}\n  }}\n}})",
        names = list(names.iter().copied()),
    )
}

/// Removes what was found, by its product codes. 1605 and 1614 say that it is gone already.
fn removed() -> String {
    let arguments = word(&format!("/x {{0}} {QUIET} /l*v {}", quote_cmd_own(REMOVAL)));
    let run = run(&format!("({arguments} -f $one.Code)"), "0, 1605, 1614, 3010, 1641");
    format!(
        "$waited = 0\nforeach ($one in $found) {{\n  $log = {log} -f $one.Code\n  {run}\n}}",
        log = word(REMOVAL),
        run = run.replace('\n', "\n  "),
    )
}

/// Runs msiexec with `arguments` and expects one of the statuses `good`. It is waited for its turn as
/// [`install`] does, and all that wait in one text wait that long together.
fn run(arguments: &str, good: &str) -> String {
    format!(
        "while ($true) {{\n  \
         $process = Start-Process -FilePath msiexec.exe -ArgumentList {arguments} -Wait -PassThru\n  \
         if ($process.ExitCode -ne 1618) {{ break }}\n  \
         if ($waited -ge {TURN}) {{ throw 'another installation is going on' }}\n  \
         Start-Sleep -Seconds {PAUSE}; $waited += {PAUSE}\n}}\n\
         if (@({good}) -notcontains $process.ExitCode) {{\n  \
         if ([IO.File]::Exists($log)) {{\n    \
         Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | \
         ForEach-Object {{ $_.Line }}\n  }}\n  \
         throw \"msiexec ended with status $($process.ExitCode)\"\n}}\n\
         if ($process.ExitCode -eq 3010) {{ [IO.File]::WriteAllText('{ASKED}', $log) }}"
    )
}

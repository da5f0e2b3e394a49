//! Packages of Windows Installer: copied, installed, seen and removed.

use super::{cmd, for_cmd, list, word};
use crate::value::{Digest, RemotePath, Version};

/// Never asks and never reboots by itself.
const QUIET: &str = "/qn /norestart REBOOT=ReallySuppress";

/// Succeeds when the file has this content. certutil prints the digest as a line of its own.
pub(in crate::step) fn check_file(digest: &Digest, path: &RemotePath) -> String {
    let path = for_cmd(path);
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

/// Installs the package file. 3010 and 1641 say that it is done and a reboot is due (Microsoft, "`MsiExec.exe`
/// and `InstStmsi.exe` error messages"); of anything else the log's telling lines are shown. cmd has to
/// look at the status after the line was read, which is what `/v:on` and `!` are for.
pub(in crate::step) fn install(path: &RemotePath, is_repair: bool) -> String {
    let again = if is_repair { " REINSTALL=ALL REINSTALLMODE=vomus" } else { "" };
    let (file, log) = (for_cmd(path), format!("\"{path}.log\""));
    format!(
        "cmd.exe /d /v:on /s /c \"msiexec.exe /i {file} {QUIET}{again} /l*v {log}& set s=!errorlevel!\
         & (if !s! equ 3010 (echo installed: a reboot is due& exit 0))\
         & (if !s! equ 1641 (echo installed: a reboot has begun& exit 0))\
         & (if !s! equ 1618 echo another installation is going on 1>&2)\
         & (if !s! neq 0 type {log} | findstr.exe /i /c:\"return value 3\" /c:\"error\" 1>&2)& exit !s!\""
    )
}

/// Installs the package file after everything of its product was removed: Windows Installer does not go
/// back by itself.
pub(in crate::step) fn installs_older(names: &[&str], path: &RemotePath) -> String {
    let log = word(&format!("{path}.log"));
    format!(
        "{found}\n{removed}\n{run}",
        found = found(names),
        removed = removed(),
        run = run(&format!("\"/i `\"$package`\" {QUIET} /l*v `\"$log`\"\""), "0, 3010, 1641")
            .replacen(
                "$process",
                &format!("$package = {}\n$log = {log}\n$process", word(path.as_str())),
                1
            ),
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
/// with its version. `Win32_Product` would repair whatever it lists.
fn found(names: &[&str]) -> String {
    format!(
        "$names = @({names})\n\
         $found = @(Get-ItemProperty -ErrorAction SilentlyContinue -Path \
         'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*', \
         'HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*' | Where-Object {{\n  \
         $shown = [string]$_.DisplayName; $version = [string]$_.DisplayVersion\n  \
         @($names | Where-Object {{ $shown -eq $_ -or $shown -eq \"$_ $version\" }}).Count -gt 0\n}})",
        names = list(names.iter().copied()),
    )
}

/// Removes what was found, by its product codes. 1605 and 1614 say that it is gone already.
fn removed() -> String {
    format!(
        "foreach ($one in $found) {{\n  \
         $log = \"$env:ProgramData\\mdc\\remove-$($one.PSChildName).log\"\n  {}\n}}",
        run(
            &format!("\"/x $($one.PSChildName) {QUIET} /l*v `\"$log`\"\""),
            "0, 1605, 1614, 3010, 1641"
        )
        .replace('\n', "\n  "),
    )
}

/// Runs msiexec with `arguments` and expects one of the statuses `good`.
fn run(arguments: &str, good: &str) -> String {
    format!(
        "$process = Start-Process -FilePath msiexec.exe -ArgumentList {arguments} -Wait -PassThru\n\
         if (@({good}) -notcontains $process.ExitCode) {{\n  \
         Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | \
         ForEach-Object {{ $_.Line }}\n  \
         throw \"msiexec ended with status $($process.ExitCode)\"\n}}"
    )
}

//! Reboots of Windows.

use super::cmd;

/// The file that says that an installation has asked for a reboot (3010), which not all of them write to the
/// registry. After 1641 the host is rebooting already.
pub(super) const ASKED: &str = r"C:\ProgramData\mdc\reboot-asked";

/// Succeeds when the host waits for a reboot: by the registry, as the facts read it, or by an installation
/// of this boot that has asked for one.
pub(in crate::step) fn due() -> String {
    format!(
        "$local = 'Registry::HKEY_LOCAL_MACHINE'\n\
         $booted = {CREATED}\n\
         $asked = Get-Item -LiteralPath '{ASKED}' -ErrorAction SilentlyContinue\n\
         (Test-Path \"$local\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending\") -or\n\
         (Test-Path \"$local\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired\") -or\n\
         [bool](Get-ItemProperty \"$local\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\" -ErrorAction SilentlyContinue)\
         .PendingFileRenameOperations -or\n\
         ($asked -and $asked.LastWriteTimeUtc.ToFileTimeUtc() -gt $booted.ToFileTimeUtc())"
    )
}

/// Prints which boot this is: when wininit was created, which no change of the clock moves afterwards.
pub(in crate::step) fn boot() -> String {
    format!("[string]{CREATED}.ToFileTimeUtc()")
}

/// When the first process of this boot that everybody may see was created.
const CREATED: &str = "(Get-CimInstance Win32_Process -Filter \"Name='wininit.exe'\").CreationDate";

/// Reboots in ten seconds, so that the order's end is seen. 1115 and 1190 say that a reboot has begun or is
/// set already (Microsoft, "System error codes").
pub(in crate::step) fn reboot() -> String {
    cmd("shutdown.exe /r /t 10 /d p:4:2& set s=!errorlevel!& (if !s! equ 1115 exit 0)\
         & (if !s! equ 1190 exit 0)& exit !s!")
    .replacen("/d /s /c", "/d /v:on /s /c", 1)
}

//! Services of Windows.

use super::{cmd, word};

/// Starts the service, now and at boot, and waits until it runs. What is started late after a boot stays
/// so.
pub(in crate::step) fn start(unit: &str) -> String {
    let unit = word(unit);
    format!(
        "$service = Get-Service -Name {unit}\n\
         if (@('Disabled', 'Manual') -contains [string]$service.StartType) {{ \
         Set-Service -Name {unit} -StartupType Automatic }}\n\
         if ([string]$service.Status -ne 'Running') {{ Start-Service -Name {unit} }}\n\
         $service.WaitForStatus('Running', '00:01:40')"
    )
}

/// Shows the service's state, and succeeds when it runs, which is state 4 in every language (Microsoft,
/// `SERVICE_STATUS`).
pub(in crate::step) fn check(unit: &str) -> String {
    cmd(&format!(
        "sc.exe query \"{unit}\" & sc.exe query \"{unit}\" | findstr.exe /r /c:\": 4 \" >nul"
    ))
}

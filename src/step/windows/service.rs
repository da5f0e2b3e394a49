//! Services of Windows.

use super::word;

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

/// Shows the service's state, and succeeds when it runs. What `sc.exe query` prints is no witness: a service that
/// stopped with exit code 4 has `: 4` in it, too, and its words are translated.
pub(in crate::step) fn check(unit: &str) -> String {
    format!(
        "$service = Get-Service -Name {unit}\n\
         \"$($service.Name): $($service.Status)\"\n\
         if ([string]$service.Status -ne 'Running') {{ throw {lacks} }}",
        unit = word(unit),
        lacks = word(&format!("{unit} does not run")),
    )
}

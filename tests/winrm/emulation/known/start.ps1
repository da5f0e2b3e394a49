$service = Get-Service -Name «unit»
if (@('Disabled', 'Manual') -contains [string]$service.StartType) { Set-Service -Name «unit» -StartupType Automatic }
if ([string]$service.Status -ne 'Running') { Start-Service -Name «unit» }
$service.WaitForStatus('Running', '00:01:40')

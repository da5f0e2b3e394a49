$service = Get-Service -Name «unit»
"$($service.Name): $($service.Status)"
if ([string]$service.Status -ne 'Running') { throw «lacks» }

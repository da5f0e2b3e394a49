$names = @(«name»)
$found = @(Get-ItemProperty -ErrorAction SilentlyContinue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*', 'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*' | Where-Object {
  $shown = [string]$_.DisplayName; $version = [string]$_.DisplayVersion
  @($names | Where-Object { $shown -eq $_ -or $shown -eq "$_ $version" }).Count -gt 0
})
$found | ForEach-Object { "$($_.DisplayName) $($_.DisplayVersion)" }
$versions = @($found | ForEach-Object { [string]$_.DisplayVersion } | Sort-Object -Unique)
if ($versions.Count -ne 1 -or $versions[0] -ne «version») { throw «lacks» }

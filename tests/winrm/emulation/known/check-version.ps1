$names = @(«name»)
$found = @(foreach ($view in 'Registry64', 'Registry32') {
  $all = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view).OpenSubKey('SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall')
  if (-not $all) { continue }
  foreach ($code in $all.GetSubKeyNames()) {
    $key = $all.OpenSubKey($code)
    if (-not $key) { continue }
    $shown = [string]$key.GetValue('DisplayName'); $version = [string]$key.GetValue('DisplayVersion')
    $key.Close()
    if (@($names | Where-Object { $shown -eq $_ -or $shown -eq "$_ $version" }).Count -gt 0) {
      New-Object PSObject -Property @{ Code = $code; DisplayName = $shown; DisplayVersion = $version }
    }
  }
})
$found | ForEach-Object { "$($_.DisplayName) $($_.DisplayVersion)" }
$versions = @($found | ForEach-Object { [string]$_.DisplayVersion } | Sort-Object -Unique)
if ($versions.Count -ne 1 -or $versions[0] -ne «version») { throw «lacks» }

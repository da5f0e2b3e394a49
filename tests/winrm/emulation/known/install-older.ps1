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
$waited = 0
foreach ($one in $found) {
  $log = 'C:\ProgramData\mdc\remove-{0}.log' -f $one.Code
  while ($true) {
    $process = Start-Process -FilePath msiexec.exe -ArgumentList ('/x {0} /qn /norestart REBOOT=ReallySuppress /l*v "C:\ProgramData\mdc\remove-{0}.log"' -f $one.Code) -Wait -PassThru
    if ($process.ExitCode -ne 1618) { break }
    if ($waited -ge 600) { throw 'another installation is going on' }
    Start-Sleep -Seconds 30; $waited += 30
  }
  if (@(0, 1605, 1614, 3010, 1641) -notcontains $process.ExitCode) {
    if ([IO.File]::Exists($log)) {
      Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | ForEach-Object { $_.Line }
    }
    throw "msiexec ended with status $($process.ExitCode)"
  }
  if ($process.ExitCode -eq 3010) { [IO.File]::WriteAllText('C:\ProgramData\mdc\reboot-asked', $log) }
}
$log = «log»
while ($true) {
  $process = Start-Process -FilePath msiexec.exe -ArgumentList «installs» -Wait -PassThru
  if ($process.ExitCode -ne 1618) { break }
  if ($waited -ge 600) { throw 'another installation is going on' }
  Start-Sleep -Seconds 30; $waited += 30
}
if (@(0, 3010, 1641) -notcontains $process.ExitCode) {
  if ([IO.File]::Exists($log)) {
    Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | ForEach-Object { $_.Line }
  }
  throw "msiexec ended with status $($process.ExitCode)"
}
if ($process.ExitCode -eq 3010) { [IO.File]::WriteAllText('C:\ProgramData\mdc\reboot-asked', $log) }

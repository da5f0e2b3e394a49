$names = @(«name»)
$found = @(Get-ItemProperty -ErrorAction SilentlyContinue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*', 'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*' | Where-Object {
  $shown = [string]$_.DisplayName; $version = [string]$_.DisplayVersion
  @($names | Where-Object { $shown -eq $_ -or $shown -eq "$_ $version" }).Count -gt 0
})
foreach ($one in $found) {
  $log = "$env:ProgramData\mdc\remove-$($one.PSChildName).log"
  $process = Start-Process -FilePath msiexec.exe -ArgumentList "/x $($one.PSChildName) /qn /norestart REBOOT=ReallySuppress /l*v `"$log`"" -Wait -PassThru
  if (@(0, 1605, 1614, 3010, 1641) -notcontains $process.ExitCode) {
    Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | ForEach-Object { $_.Line }
    throw "msiexec ended with status $($process.ExitCode)"
  }
}
$package = «path»
$log = «log»
$process = Start-Process -FilePath msiexec.exe -ArgumentList "/i `"$package`" /qn /norestart REBOOT=ReallySuppress /l*v `"$log`"" -Wait -PassThru
if (@(0, 3010, 1641) -notcontains $process.ExitCode) {
  Select-String -LiteralPath $log -Pattern 'return value 3', 'error' | Select-Object -Last 10 | ForEach-Object { $_.Line }
  throw "msiexec ended with status $($process.ExitCode)"
}

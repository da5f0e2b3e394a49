$watch = [Diagnostics.Stopwatch]::StartNew(); $good = 0
while ($true) {
  try { $global:LASTEXITCODE = 0; $all = @(& $env:SystemRoot\System32\curl.exe -q -gfsSk --stderr '-' -o NUL --noproxy '*' --max-time 5 «url»); $said = $all -join ' '
    $healthy = $LASTEXITCODE -eq 0 -and -not ($all.Count -and $all[-1] -is [bool] -and -not $all[-1]) }
  catch { $said = $_.Exception.Message; $healthy = $false }
  if ($healthy) { $good++ } else { $good = 0 }
  if ($good -ge «samples#») { break }
  if ($good -eq 0 -and $watch.Elapsed.TotalSeconds -ge «seconds#») {
    $said
    Get-Service -Name «unit» | ForEach-Object { "$($_.Name): $($_.Status)" }
    Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = 'Service Control Manager' } -MaxEvents 200 -ErrorAction SilentlyContinue | Where-Object { $_.Message -match «pattern» } | Select-Object -First 5 | ForEach-Object { "$($_.TimeCreated.ToString('s')) $($_.Message)" }
    throw «lacks»
  }
  Start-Sleep -Seconds 1
}

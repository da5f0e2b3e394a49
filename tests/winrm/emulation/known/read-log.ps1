$since = $null; $marks = @{}
foreach ($line in [IO.File]::ReadAllLines($received)) {
  $kind, $number, $path = $line -split ' ', 3
  if ($kind -eq 'since') { $since = [long]$number } elseif ($kind -eq 'file') { $marks[$path] = [long]$number }
}
if ($null -eq $since) { throw 'it is not known where the log ended' }
if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -lt $since) { throw 'the clock was set back meanwhile' }
$from = [DateTimeOffset]::FromUnixTimeSeconds($since).LocalDateTime
$lines = New-Object Collections.Generic.List[string]; $size = 0
$events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application', 'System'; Level = 1, 2, 3; StartTime = $from } -MaxEvents 20000 -ErrorAction SilentlyContinue)
foreach ($event in $events) {
  $message = ([string]$event.Message) -replace '\s+', ' '
  if ($event.ProviderName -ne «unit» -and -not $message.Contains(«unit»)) { continue }
  $level = @('', 'critical', 'error', 'warning')[$event.Level]
  $lines.Add("$($event.TimeCreated.ToString('s')) ${level}: $message")
}
foreach ($file in @()) {
  $begin = [long]$marks[$file.FullName]
  if ($begin -gt $file.Length) { $begin = 0 }
  $stream = [IO.File]::Open($file.FullName, 'Open', 'Read', 'ReadWrite, Delete')
  [void]$stream.Seek($begin, 'Begin'); $reader = New-Object IO.StreamReader $stream
  while ($size -le 67108864 -and $null -ne ($line = $reader.ReadLine())) { $lines.Add($line); $size += $line.Length + 1 }
  $reader.Close()
}
$ignored = @()
$kept = @($lines | Where-Object { $line = $_; -not ($ignored | Where-Object { $line -match $_ }) })
$failed = @($kept | Where-Object { $_ -match 'migrat.*(fail|error|abort|could not|cannot|rolled back)|(fail|error|abort|could not|cannot).*migrat' })
$other = @($kept | Where-Object { $_ -match '(^|[^A-Za-z0-9_])(error|fatal|critical|panic|emergency)([^A-Za-z0-9_]|$)' -and $_ -notmatch 'migrat.*(fail|error|abort|could not|cannot|rolled back)|(fail|error|abort|could not|cannot).*migrat' })
"bytes $size 67108864"
"failed-migrations $($failed.Count)"
"errors $($other.Count)"
@($failed | Select-Object -First 5) + @($other | Select-Object -First 5) | ForEach-Object { 'line ' + $_.Substring(0, [Math]::Min($_.Length, 300)) }

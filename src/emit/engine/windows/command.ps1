# --- one command ------------------------------------------------------------------------------------------------------

# What a command has printed, which something that it has started may still write to.
function Read-Printed([string]$path) {
    $from = [IO.File]::Open($path, 'Open', 'Read', 'ReadWrite, Delete')
    try { return (New-Object IO.StreamReader $from, $utf8).ReadToEnd() } finally { $from.Close() }
}

# Runs a command once; what it takes is in the file $received. Gives its exit status, 124 when its time was up; what it
# has printed is in $now. It has a console of its own, so that closing this one ends nothing half-way.
function Invoke-Once($command, [string]$received) {
    $now.runs++
    # Whoever asked before it began did not mean it: what gives work again comes after that.
    $before = $now.stops
    $out = "$($now.work)\out$($now.runs)"; $err = "$($now.work)\err$($now.runs)"
    if ($command.run.StartsWith('cmd.exe ', [StringComparison]::Ordinal)) {
        $file = "$env:SystemRoot\System32\cmd.exe"; $line = $command.run.Substring(8)
    } else {
        [IO.File]::WriteAllText("$($now.work)\text", $command.run, $utf8)
        $file = "$env:SystemRoot\System32\WindowsPowerShell\v1.0\powershell.exe"
        $line = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$($now.work)\performer.ps1`" `"$($now.work)\text`""
        if ($received) { $line += " `"$received`"" }
    }
    $process = Start-Process -FilePath $file -ArgumentList $line -WorkingDirectory $env:SystemRoot -WindowStyle Hidden -PassThru `
        -RedirectStandardInput "$($now.work)\none" -RedirectStandardOutput $out -RedirectStandardError $err
    # Without having asked for the handle, the exit code is lost.
    $null = $process.Handle
    # It may have ended already, and goes on without.
    try { [IO.File]::WriteAllText("$base\child", "$($process.Id) $($process.StartTime.ToFileTimeUtc())") } catch { }
    $watch = [Diagnostics.Stopwatch]::StartNew(); $is_late = $false
    while (-not $process.WaitForExit(200)) {
        Read-Stop
        $is_late = $watch.Elapsed.TotalSeconds -ge $command.limit
        if (-not $is_late -and ($now.stops -lt 2 -or $now.stops -eq $before)) { continue }
        & "$env:SystemRoot\System32\taskkill.exe" /T /F /PID $process.Id | Out-Null
        if ($process.WaitForExit(10000)) { break }
        Stop-All "can't $($command.words)" "process $($process.Id) can't be ended" 'end it, then run the same again'
    }
    $status = if ($is_late) { 124 } else { $process.ExitCode }
    $now.out = Read-Printed $out; $now.err = Read-Printed $err
    Remove-Item -LiteralPath "$base\child", $out, $err -Force -ErrorAction SilentlyContinue
    $head = "== $([DateTime]::UtcNow.ToString('s'))Z $($command.words) (exit status $status)"
    try { [IO.File]::AppendAllText($log, "$head`r`n$($now.out)$($now.err)", $utf8) } catch { Write-Host "(not in $log) " -NoNewline }
    return $status
}

# A command of a step has failed with a status, or for a reason.
function Stop-Step($step, $command, [int]$status, [string]$why) {
    if ($status -eq 124) { $why = "it took longer than its limit of $($command.limit) s and was ended" }
    if (-not $why) { $why = "exit status $status" }
    Write-Host 'FAILED'
    $lines = @((Get-Harmless "$($now.out)`n$($now.err)") -split "`n" | Where-Object { $_.Trim() } | Select-Object -Last 15)
    foreach ($line in $lines) { [Console]::Error.WriteLine("    | $line") }
    $hint = $now.hint
    Restore-Work
    if ($step -and -not $now.back) { Add-Record "failed $($step.number) $($step.id)" }
    Stop-All "can't $($command.words)" $why `
        "mend the cause, then run the same again: it looks what is there and goes on. All output: ${log}$(if ($hint) { ". $hint" })"
}

# What was kept from new work gets work again, however its step ends.
function Restore-Work {
    if (-not $now.isolated) { return }
    $now.isolated = $false
    foreach ($command in $now.step.commands) {
        if ($command.verb -ne 'restore') { continue }
        Write-Host "`n    $($command.words) ... " -NoNewline
        try { $status = Invoke-Once $command '' } catch { $status = 1 }
        if ($status -eq 0) { Write-Host 'done' } else { Write-Host 'FAILED: it is still kept from new work' }
    }
}

function Invoke-Sure($step, $command, [string]$received) {
    $status = Invoke-Once $command $received
    if ($status -ne 0) { Stop-Step $step $command $status '' }
}

function Stop-IfAsked {
    Read-Stop
    if ($now.stops -gt 0) {
        Stop-All 'it was asked to stop, between two commands' '' 'run the same again: it looks what is there and goes on'
    }
}

function Wait-Seconds([double]$seconds) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($watch.Elapsed.TotalSeconds -lt $seconds) {
        Stop-IfAsked
        Start-Sleep -Milliseconds ([int][Math]::Min(200, [Math]::Max(1, 1000 * ($seconds - $watch.Elapsed.TotalSeconds))))
    }
}

# Runs a command until it succeeds, every so many seconds, for at most so many.
function Invoke-Until($step, $command, [double]$every, [double]$most) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $status = Invoke-Once $command ''
        if ($status -eq 0) { return }
        Stop-IfAsked
        if ($watch.Elapsed.TotalSeconds -ge $most) {
            Stop-Step $step $command 1 "given up after $most s; the last time it was exit status $status"
        }
        Wait-Seconds $every
    }
}

# Asks a command how much is left until that is 0 so many times in a row.
function Wait-Idle($step, $command) {
    $watch = [Diagnostics.Stopwatch]::StartNew(); $row = 0
    while ($true) {
        $status = Invoke-Once $command ''
        $left = [string]@($now.out -split "`n" | ForEach-Object { $_.Trim() } | Where-Object { $_ })[-1]
        if ($status -ne 0 -or $left -notmatch '^[0-9]+$') { $row = 0; $seen = "no number (exit status $status)" }
        else { $seen = "$left left"; if ($left -match '^0+$') { $row++ } else { $row = 0 } }
        if ($row -ge [int]$command.a) { return }
        Stop-IfAsked
        if ($watch.Elapsed.TotalSeconds -ge [double]$command.c) {
            Stop-Step $step $command 1 "given up after $($command.c) s; the last answer: $seen"
        }
        Wait-Seconds $command.b
    }
}

# The package file that a command copies, checked. The command takes it away or moves it to its place, so that it gets a copy
# beside that, on the same disk.
function Send-Package($step, $command) {
    $file = Join-Path $packages $command.a
    if (-not [IO.File]::Exists($file)) { Stop-Step $step $command 1 "there is no file $file; its SHA-256 is $($command.b)" }
    $sum = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($sum -ne $command.b) {
        Stop-Step $step $command 1 "the content of $file is not what was reviewed: its SHA-256 is $sum and should be $($command.b)"
    }
    $copy = "$($command.c).by-hand"
    [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($copy))
    try {
        Copy-Item -LiteralPath $file -Destination $copy -Force
        Invoke-Sure $step $command $copy
    } finally { Remove-Item -LiteralPath $copy -Force -ErrorAction SilentlyContinue }
}

# Keeps what a command has printed, whole or not at all.
function Save-Printed([string]$path) {
    $bytes = $utf8.GetBytes($now.out)
    $to = [IO.File]::Open("$path.new", 'Create', 'Write', 'None')
    try { $to.Write($bytes, 0, $bytes.Length); $to.Flush($true) } finally { $to.Close() }
    Move-Item -LiteralPath "$path.new" -Destination $path -Force
}

function Get-Lines([string]$text) { $text -split "`n" | ForEach-Object { $_.Trim() } | Where-Object { $_ } }

# A line's name and the number at its end, which is empty when there is none.
function Split-Counted([string]$line) {
    if ($line -match '^(?:(.*)\s)?([0-9]+)$') { return ([string]$Matches[1]).Trim(), $Matches[2].TrimStart('0').PadLeft(1, '0') }
    return $line, ''
}

# Numbers may be longer than any type holds.
function Test-Less([string]$one, [string]$other) {
    if ($one.Length -ne $other.Length) { return $one.Length -lt $other.Length }
    return [string]::CompareOrdinal($one, $other) -lt 0
}

# What was noted and is not there any more.
function Find-Lost([string[]]$before, [string[]]$after) {
    $counts = New-Object Collections.Hashtable ([StringComparer]::Ordinal)
    foreach ($line in $after) { $what, $number = Split-Counted $line; $counts[$what] = $number }
    foreach ($line in $before) {
        $what, $number = Split-Counted $line
        if (-not $number) { "``$line`` ends with no number to compare" }
        elseif (-not $counts.ContainsKey($what)) { if ($number -ne '0') { "$number of ``$what`` were there, and nothing is told now" } }
        elseif (-not $counts[$what] -or (Test-Less $counts[$what] $number)) {
            "$number of ``$what`` were there, and $($counts[$what]) are now"
        }
    }
}

# What a command prints is compared with what was noted before.
function Compare-Note($step, $command) {
    $path = "$kept\note-$($step.number)-$($command.a)"
    Invoke-Sure $step $command ''
    if (-not [IO.File]::Exists($path)) { Write-Host '(nothing was noted before, so nothing is compared) ' -NoNewline; return }
    $noted = [IO.File]::ReadAllText($path, $utf8)
    $before = @(Get-Lines $noted); $after = @(Get-Lines $now.out)
    if ($command.b -ne 'equal') { $lost = @(Find-Lost $before $after) }
    elseif ($noted -ceq $now.out) { $lost = @() }
    else {
        $lost = @($before | Where-Object { $after -cnotcontains $_ } | ForEach-Object { "< $_" })
        $lost += @($after | Where-Object { $before -cnotcontains $_ } | ForEach-Object { "> $_" })
        if ($lost.Count -eq 0) { $lost = @('they differ') }
    }
    if ($lost.Count -eq 0) { return }
    $now.out = ''; $now.err = @($lost | Select-Object -First 10) -join "`n"
    $now.hint = 'The new version is there and stays. Keep work away from it until it is known what is missing.'
    Stop-Step $step $command 1 "$($command.c) are not as they were before"
}


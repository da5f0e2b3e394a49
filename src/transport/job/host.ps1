# What mdc keeps on a Windows host: jobs, the fence, and copies of the record of a run; for SYSTEM and
# administrators alone. The same verbs and answers as host.sh. Called with: SITE FENCE HOLDER VERB
# [ARGUMENT ...]. The first line is the verdict; the second, where there is one, how many bytes of a job's
# output follow, stream by stream. $performer is what runs a text of PowerShell (text.ps1, performer.ps1).
$site, $fence, $holder, $verb = $args[0..3]
# A list also of one word: of a text alone its letters would be handed on.
$rest = @($args | Select-Object -Skip 4)
$fence = [uint64]$fence
$base = "$env:ProgramData\mdc\$site"
$held = @{ lock = $null }

# What a job's task runs, as SYSTEM, apart from every connection. `began` decides: of several runners, or a
# runner and somebody who gives it up, one creates it.
$runner = @'
param([string]$j, [int]$limit, [string]$task)
$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
$utf8 = New-Object Text.UTF8Encoding $false
try { [IO.File]::Open("$j\began", 'CreateNew', 'Write', 'None').Close() } catch { exit 0 }
$word = 'ended'; $status = 1
try {
    $me = Get-CimInstance Win32_Process -Filter "ProcessId=$PID"
    [IO.File]::WriteAllText("$j\pid.new", "$PID $($me.CreationDate.ToFileTimeUtc())")
    [IO.File]::Move("$j\pid.new", "$j\pid")
    $text = [IO.File]::ReadAllText("$j\command", $utf8)
    if ($text.StartsWith('cmd.exe ', [StringComparison]::Ordinal)) {
        $file = "$env:SystemRoot\System32\cmd.exe"; $line = $text.Substring(8)
    } else {
        $file = "$env:SystemRoot\System32\WindowsPowerShell\v1.0\powershell.exe"
        # As a command, not as a file: a policy of the domain that lets only signed files run is not for it.
        $line = "-NoProfile -NonInteractive -Command `"& ([ScriptBlock]::Create([IO.File]::ReadAllText('$j\performer.ps1'))) '$j\command'`""
    }
    $process = Start-Process -FilePath $file -ArgumentList $line -NoNewWindow -PassThru `
        -RedirectStandardOutput "$j\stdout" -RedirectStandardError "$j\stderr"
    # Without having asked for the handle, the exit code is lost.
    $null = $process.Handle
    # A number alone may be another process's later. This one may have ended already, and goes on without.
    try {
        $its = Get-CimInstance Win32_Process -Filter "ProcessId=$($process.Id)"
        [IO.File]::WriteAllText("$j\child.new", "$($process.Id) $($its.CreationDate.ToFileTimeUtc())")
        [IO.File]::Move("$j\child.new", "$j\child")
    } catch { }
    if ($process.WaitForExit([Math]::Min($limit, 2000000) * 1000)) {
        $process.WaitForExit()
        $status = $process.ExitCode
    } else {
        & "$env:SystemRoot\System32\taskkill.exe" /T /F /PID $process.Id | Out-Null
        $word = 'late'; $status = 124
    }
} catch {
    [IO.File]::AppendAllText("$j\stderr", "$($_.Exception.Message)`n", $utf8)
}
if ([IO.File]::Exists("$j\cancelled")) { $word = 'cancelled' }
[IO.File]::WriteAllText("$j\status.new", "$word $status")
[IO.File]::Move("$j\status.new", "$j\status")
$service = New-Object -ComObject Schedule.Service
$service.Connect()
$service.GetFolder('\').DeleteTask($task, 0)
'@

function Write-Whole([string]$path, [string]$text) {
    $bytes = $utf8.GetBytes($text)
    $to = [IO.File]::Open("$path.new", 'Create', 'Write', 'None')
    try { $to.Write($bytes, 0, $bytes.Length); $to.Flush($true) } finally { $to.Close() }
    if ([IO.File]::Exists($path)) { [IO.File]::Replace("$path.new", $path, [NullString]::Value) }
    else { [IO.File]::Move("$path.new", $path) }
}

# The newest lease that was here: its number, and who holds it.
function Read-Fence {
    if (-not [IO.File]::Exists("$base\fence")) { return @('0', '') }
    $number, $by = [IO.File]::ReadAllText("$base\fence", $utf8).TrimEnd("`r", "`n") -split ' ', 2
    if ($number -notmatch '^[0-9]+$') { throw "read $base\fence, which is damaged" }
    return @($number, [string]$by)
}

# A newer lease has been here: whoever holds the older one must not change anything any more. Says so and
# gives false.
function Enter-Site {
    Protect
    [void][IO.Directory]::CreateDirectory("$base\jobs")
    [void][IO.Directory]::CreateDirectory("$base\runs")
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not $held.lock) {
        try { $held.lock = [IO.File]::Open("$base\lock", 'OpenOrCreate', 'ReadWrite', 'None') }
        catch [IO.IOException] {
            if ($watch.Elapsed.TotalSeconds -ge 30) { Say 'busy'; return $false }
            Start-Sleep -Milliseconds 200
        }
    }
    $newest, $by = Read-Fence
    $newest = [uint64]$newest
    if ($newest -gt $fence -or ($newest -eq $fence -and $by -cne $holder)) {
        Say "fenced $newest $by"
        return $false
    }
    if ($newest -ne $fence) { Write-Whole "$base\fence" "$fence $holder`n" }
    return $true
}

function Exit-Site { if ($held.lock) { $held.lock.Close(); $held.lock = $null } }

# Which boot this is: when wininit was created, which no change of the clock moves afterwards.
function Get-Boot { [string](Get-CimInstance Win32_Process -Filter "Name='wininit.exe'").CreationDate.ToFileTimeUtc() }

# Of the process that a file names, by its number and when it was created: `unknown` as long as there is no such
# file, then `alive` or `gone`.
function Test-Named([string]$path) {
    if (-not [IO.File]::Exists($path)) { return 'unknown' }
    $id, $created = [IO.File]::ReadAllText($path) -split ' '
    $process = Get-CimInstance Win32_Process -Filter "ProcessId=$([uint32]$id)"
    if ($process -and [string]$process.CreationDate.ToFileTimeUtc() -eq $created) { return 'alive' }
    return 'gone'
}

function Test-Runner([string]$j) { Test-Named "$j\pid" }

# Of somebody who gives the runner up, or of the runner itself: one of them comes first.
function Test-First([string]$j) {
    try { [IO.File]::Open("$j\began", 'CreateNew', 'Write', 'None').Close(); return $true }
    catch [IO.IOException] { return $false }
}

function Get-Tasks {
    $service = New-Object -ComObject Schedule.Service
    $service.Connect()
    return $service.GetFolder('\')
}

function Remove-Task([string]$task) {
    # The runner may have done so already.
    try { (Get-Tasks).DeleteTask($task, 0) } catch { return }
}

function Start-Runner([string]$j, [string]$task, [string]$limit, [string]$text) {
    [void][IO.Directory]::CreateDirectory($j)
    Write-Whole "$j\boot" (Get-Boot)
    Write-Whole "$j\runner.ps1" $runner
    Write-Whole "$j\performer.ps1" $performer
    Write-Whole "$j\command" $text
    $line = "-NoProfile -NonInteractive -Command `"& ([ScriptBlock]::Create([IO.File]::ReadAllText('$j\runner.ps1'))) '$j' $limit '$task'`""
    $line = [Security.SecurityElement]::Escape($line)
    # No trigger: it runs when it is told to, and never by itself at another time.
    $xml = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">' +
        '<Principals><Principal id="it"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>' +
        '</Principal></Principals><Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>' +
        '<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>' +
        '<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><AllowHardTerminate>true</AllowHardTerminate>' +
        '<RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable><AllowStartOnDemand>true</AllowStartOnDemand>' +
        '<Enabled>true</Enabled><Hidden>false</Hidden><RunOnlyIfIdle>false</RunOnlyIfIdle>' +
        "<ExecutionTimeLimit>PT$([int]$limit + 600)S</ExecutionTimeLimit><Priority>5</Priority></Settings>" +
        '<Actions Context="it"><Exec><Command>%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe</Command>' +
        "<Arguments>$line</Arguments></Exec></Actions></Task>"
    # 6: create or replace; 5: a service account, which has no password.
    $made = (Get-Tasks).RegisterTask($task, $xml, 6, 'SYSTEM', $null, 5)
    [void]$made.Run($null)
}

function Read-End([string]$path, [long]$most) {
    if (-not [IO.File]::Exists($path)) { return , (New-Object byte[] 0) }
    $from = [IO.File]::Open($path, 'Open', 'Read', 'ReadWrite, Delete')
    try {
        $size = [Math]::Min($from.Length, $most)
        [void]$from.Seek(-$size, 'End')
        $bytes = New-Object byte[] $size
        $have = 0
        while ($have -lt $size) {
            $count = $from.Read($bytes, $have, $size - $have)
            if ($count -le 0) { break }
            $have += $count
        }
        return , $bytes
    } finally { $from.Close() }
}

function Tell-End([string]$j, [string]$what, [long]$keep) {
    $one = Read-End "$j\stdout" $keep
    $other = Read-End "$j\stderr" $keep
    Say $what
    Say "$($one.Length) $($other.Length)"
    $out.Write($one, 0, $one.Length); $out.Write($other, 0, $other.Length); $out.Flush()
}

function Tell-Gone([string]$j, [long]$keep) {
    $boot = if ([IO.File]::Exists("$j\boot")) { [IO.File]::ReadAllText("$j\boot") } else { '' }
    Tell-End $j $(if ($boot -eq (Get-Boot)) { 'gone killed' } else { 'gone rebooted' }) $keep
}

# RUN JOB LIMIT KEEP COMMAND: starts the job unless it was started before, and waits for its end.
function Invoke-Attend([string]$run, [string]$job, [string]$limit, [string]$keep, [string]$text) {
    if (-not (Enter-Site)) { return }
    $j = "$base\jobs\$run\$job"; $task = "mdc-$site-$run-$job"
    if (-not [IO.File]::Exists("$j\began") -and -not [IO.File]::Exists("$j\status")) {
        Start-Runner $j $task $limit $text
    }
    Exit-Site
    $watch = [Diagnostics.Stopwatch]::StartNew(); $looked = -10.0
    while (-not [IO.File]::Exists("$j\status")) {
        Start-Sleep -Milliseconds 100
        if ($watch.Elapsed.TotalSeconds - $looked -lt 2) { continue }
        $looked = $watch.Elapsed.TotalSeconds
        $is = Test-Runner $j
        if ([IO.File]::Exists("$j\status")) { break }
        if ($is -eq 'gone') { Remove-Task $task; Tell-Gone $j $keep; return }
        # It has not said that it lives; when nothing began, it never will.
        if ($is -eq 'unknown' -and $looked -ge 60) {
            Remove-Task $task
            if (Test-First $j) { Tell-End $j 'gone unstarted' $keep; return }
            if ($looked -ge 90) { Tell-Gone $j $keep; return }
        }
    }
    Remove-Task $task
    Tell-End $j ([IO.File]::ReadAllText("$j\status")) $keep
}

# RUN JOB: ends the job, if it runs; says how far that came.
function Invoke-Cancel([string]$run, [string]$job) {
    if (-not (Enter-Site)) { return }
    $j = "$base\jobs\$run\$job"; $task = "mdc-$site-$run-$job"
    if (-not [IO.Directory]::Exists($j)) { Say 'unknown'; return }
    if ([IO.File]::Exists("$j\status")) { Remove-Task $task; Say 'over'; return }
    [IO.File]::WriteAllText("$j\cancelled", '')
    if (Test-First $j) {
        Write-Whole "$j\status" 'cancelled 0'
        Remove-Task $task
        Say 'unstarted'
        return
    }
    $watch = [Diagnostics.Stopwatch]::StartNew(); $killed = $false
    while (-not [IO.File]::Exists("$j\status") -and $watch.Elapsed.TotalSeconds -lt 20) {
        # Also when its runner is gone; but never what has its number by now, as after a reboot.
        if (-not $killed -and (Test-Named "$j\child") -eq 'alive') {
            $child, $null = [IO.File]::ReadAllText("$j\child") -split ' '
            & "$env:SystemRoot\System32\taskkill.exe" /T /F /PID ([uint32]$child) | Out-Null
            $killed = $true
        }
        if ((Test-Runner $j) -eq 'gone' -and -not [IO.File]::Exists("$j\status")) {
            Remove-Task $task
            Say 'gone'
            return
        }
        Start-Sleep -Milliseconds 500
    }
    if (-not [IO.File]::Exists("$j\status")) { Say 'running'; return }
    Remove-Task $task
    Say 'cancelled'
}

# RUN: removes the jobs of a run that is over, and the copies of its record.
function Invoke-Forget([string]$run) {
    if (-not (Enter-Site)) { return }
    if ([IO.Directory]::Exists("$base\jobs\$run")) {
        foreach ($j in [IO.Directory]::GetDirectories("$base\jobs\$run")) {
            if (-not [IO.File]::Exists("$j\status") -and (Test-Runner $j) -eq 'alive') { Say 'running'; return }
            Remove-Task "mdc-$site-$run-$([IO.Path]::GetFileName($j))"
        }
        [IO.Directory]::Delete("$base\jobs\$run", $true)
    }
    if ([IO.Directory]::Exists("$base\runs\$run")) { [IO.Directory]::Delete("$base\runs\$run", $true) }
    Say 'done'
}

# CONTENT ...: removes the package files that hold this, by the names of their folders.
function Invoke-Discard([string[]]$contents) {
    if (-not (Enter-Site)) { return }
    foreach ($content in $contents) {
        if ($content -cnotmatch '\A[0-9a-f]{64}\z') { throw "remove $content`: it names no content" }
        $folder = "$env:ProgramData\mdc\cache\$content"
        if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) }
    }
    Say 'done'
}

# RUN FILE OFFSET CONTENT: makes CONTENT what follows OFFSET in a file of the record.
function Invoke-Keep([string]$run, [string]$name, [string]$offset, [string]$content) {
    if (-not (Enter-Site)) { return }
    [void][IO.Directory]::CreateDirectory("$base\runs\$run")
    $to = [IO.File]::Open("$base\runs\$run\$name", 'OpenOrCreate', 'ReadWrite', 'Read')
    try {
        if ($to.Length -ge [long]$offset) {
            # A part that was cut off, or was sent before by somebody who didn't see the end of it.
            $to.SetLength([long]$offset)
            [void]$to.Seek(0, 'End')
            $bytes = $utf8.GetBytes($content)
            $to.Write($bytes, 0, $bytes.Length)
            $to.Flush($true)
        }
        Say "has $($to.Length)"
    } finally { $to.Close() }
}

# RUN FILE OFFSET MOST: shows a part of a file of the record.
function Invoke-Recall([string]$run, [string]$name, [string]$offset, [string]$most) {
    $path = "$base\runs\$run\$name"
    if (-not [IO.File]::Exists($path)) { Say 'unknown'; return }
    $left = [Math]::Max((New-Object IO.FileInfo $path).Length - [long]$offset, 0)
    $bytes = Read-End $path $left
    $size = [Math]::Min([long]$most, $bytes.Length)
    Say "recall $size"
    $out.Write($bytes, 0, $size); $out.Flush()
}

function Say-Folders([string]$path, [string]$needs) {
    if (-not [IO.Directory]::Exists($path)) { return }
    foreach ($folder in [IO.Directory]::GetDirectories($path)) {
        if (-not $needs -or [IO.File]::Exists("$folder\$needs")) { Say ([IO.Path]::GetFileName($folder)) }
    }
}

try {
    switch ($verb) {
        'touch_fence' { if (Enter-Site) { Say 'done' } }
        'attend' { Invoke-Attend @rest }
        'cancel' { Invoke-Cancel @rest }
        'forget' { Invoke-Forget @rest }
        'discard' { Invoke-Discard $rest }
        'keep' { Invoke-Keep @rest }
        'recall' { Invoke-Recall @rest }
        # The newest lease, and the runs whose record is here.
        'survey' {
            $newest, $by = Read-Fence
            Say "survey $newest $by"
            Say-Folders "$base\runs" ''
        }
        # RUN: the jobs of a run that were begun here.
        'jobs' {
            Say 'jobs'
            Say-Folders "$base\jobs\$(@($rest)[0])" 'began'
        }
        default { Say "cannot $verb" }
    }
} catch {
    Say "cannot $verb`: $($_.Exception.Message -replace '\s+', ' ')"
} finally {
    Exit-Site
}

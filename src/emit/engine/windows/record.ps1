# --- the record of what was done --------------------------------------------------------------------------------------

function Add-Record([string]$text) {
    $bytes = $utf8.GetBytes("$([DateTime]::UtcNow.ToString('s'))Z $($text -replace '\s+', ' ')`n")
    try {
        $to = [IO.File]::Open($now.state, 'Append', 'Write', 'Read')
        try { $to.Write($bytes, 0, $bytes.Length); $to.Flush($true) } finally { $to.Close() }
    } catch {
        Stop-All "what was done can't be recorded in $($now.state)" $_.Exception.Message 'free space there, then run the same again'
    }
}

function Get-Record { if ($now.state -and [IO.File]::Exists($now.state)) { [IO.File]::ReadAllLines($now.state, $utf8) } }

# What was said of a step, first to last: pairs of a word and when.
function Get-Said($step) {
    foreach ($line in @(Get-Record)) {
        $time, $word, $number, $rest = $line -split ' ', 4
        if ($number -eq [string]$step.number) { @{ word = $word; at = $time; rest = $rest } }
    }
}

# How far a step is, and since when; an empty word when it was never begun.
function Get-Progress($step) {
    $words = 'begun', 'done', 'failed', 'skipped', 'back-begun', 'back'
    $last = @(Get-Said $step | Where-Object { $words -ccontains $_.word })[-1]
    if ($last) { return $last }
    return @{ word = ''; at = '' }
}

function Test-Over($step) { @('done', 'skipped') -ccontains (Get-Progress $step).word }

# Whether a step was begun here and not taken back since, whatever was said of it afterwards.
function Test-Begun($step) {
    $is = $false
    foreach ($said in @(Get-Said $step)) {
        if (@('begun', 'done', 'back-begun') -ccontains $said.word) { $is = $true }
        if ($said.word -ceq 'back') { $is = $false }
    }
    return $is
}

# Whether people gave their word for a command of a step since that ended.
function Test-Word($step, $command) {
    $is = $false
    foreach ($said in @(Get-Said $step)) {
        if ($said.word -ceq 'confirmed-by-people' -and $said.rest -ceq [string]$command.number) { $is = $true }
        if (@('done', 'failed', 'skipped', 'back-begun', 'back') -ccontains $said.word) { $is = $false }
    }
    return $is
}

function Test-Recorded([string]$text) { @(Get-Record | Where-Object { ($_ -split ' ', 2)[1] -ceq $text }).Count -gt 0 }
function Test-Ended { @(Get-Record | Where-Object { @('complete', 'given-up') -ccontains ($_ -split ' ')[1] }).Count -gt 0 }

# The seal of the plan that is on record.
function Get-RecordedSeal {
    foreach ($line in @(Get-Record)) { if (($line -split ' ')[1] -ceq 'seal') { return ($line -split ' ')[2] } }
    return ''
}

function Test-Administrator {
    $user = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    return $user.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# Before nothing but a look: what has to be known besides, and whether only administrators can see how far it is.
function Open-Look {
    if (-not (Test-Administrator) -and -not $env:MDC_BY_HAND) {
        $now.state = ''
        return @{ hidden = $true; note = 'Only an administrator can read what was done here.' }
    }
    $other = Get-RecordedSeal
    if (-not $other -or $other -ceq $seal) { return @{ hidden = $false; note = '' } }
    $theirs = $other.Substring(0, 12)
    $note = "Another plan is on record here (seal $theirs), and is not complete."
    if (Test-Ended) { $note = "Another plan (seal $theirs) was carried out here before." }
    $now.state = ''
    return @{ hidden = $false; note = $note }
}

function Confirm-Rights {
    if ($env:MDC_BY_HAND) { return }
    if (-not (Test-Administrator)) {
        Stop-All 'this needs the rights of an administrator' "you are $([Environment]::UserName), and have others" `
            'start PowerShell as administrator, and run the same again'
    }
    if (-not [Environment]::Is64BitProcess) {
        Stop-All 'this PowerShell is one of 32 bits' 'it sees another registry, and other programs' `
            'start the one of 64 bits, and run the same again'
    }
}

# A folder for SYSTEM and administrators alone.
function Protect-Folder([string]$path) {
    if (-not [IO.Directory]::Exists($path)) {
        $acl = New-Object Security.AccessControl.DirectorySecurity
        $acl.SetSecurityDescriptorSddlForm('O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
        [void][IO.Directory]::CreateDirectory($path, $acl)
    }
    $own = 'S-1-5-32-544', 'S-1-5-18'; $sid = [Security.Principal.SecurityIdentifier]
    $acl = [IO.Directory]::GetAccessControl($path)
    $owner = $acl.GetOwner($sid).Value
    if ($own -notcontains $owner) {
        Stop-All "$path belongs to somebody else" "its owner is $owner" 'see who made it, and remove it when nobody needs it'
    }
    $others = @($acl.GetAccessRules($true, $true, $sid) | Where-Object { $own -notcontains $_.IdentityReference.Value })
    if ($others) {
        Stop-All "$path is open to others" "$($others[0].IdentityReference.Value) has rights there, so that what lies in it may be anybody's" `
            'see who made it, and remove it when nobody needs it'
    }
}

# The command that an earlier run of this script has begun and that still goes on; empty when there is none. A number
# alone may be another process's by now.
function Get-Going {
    if (-not [IO.File]::Exists("$base\child")) { return '' }
    $id, $began = [IO.File]::ReadAllText("$base\child") -split ' '
    if ($id -notmatch '^[0-9]+$') { return '' }
    try {
        $process = Get-Process -Id ([int]$id)
        if ([string]$process.StartTime.ToFileTimeUtc() -ceq $began) { return $id }
    } catch { return '' }
    return ''
}

function Open-Record {
    Confirm-Rights
    if (-not $env:MDC_BY_HAND) { Protect-Folder $root }
    # Whoever rehearses copies package files there, too, and nobody could tell them from others' later.
    if (Test-Administrator) { Protect-Folder "$env:ProgramData\mdc" }
    [void][IO.Directory]::CreateDirectory($kept)
    try { $now.lock = [IO.File]::Open("$base\lock", 'OpenOrCreate', 'ReadWrite', 'None') }
    catch [IO.IOException] { Stop-All 'another run of this script goes on here' "it holds $base\lock" 'wait for its end' }
    $going = Get-Going
    if ($going) {
        Stop-All 'a command of an earlier run still goes on here' "it is process $going" 'wait for its end, then run the same again'
    }
    $other = Get-RecordedSeal
    if ($other -and $other -cne $seal) {
        if (-not (Test-Ended)) {
            Stop-All "another plan was begun here and is not complete (seal $($other.Substring(0, 12)))" `
                "this script is of the plan $short, recorded is the other in $($now.state)" `
                "finish that plan with its own script; or, when nobody will, ``$call give-up `"REASON`"``"
        }
        Move-Item -LiteralPath $now.state -Destination "$base\state-$($other.Substring(0, 12))" -Force
    }
    if (-not (Get-RecordedSeal)) { Add-Record "seal $seal" }
    # What a run that was cut off has left may hold a secret.
    Remove-Item -Path "$base\work.*" -Recurse -Force -ErrorAction SilentlyContinue
    $now.work = "$base\work.$PID"
    [void][IO.Directory]::CreateDirectory($now.work)
    [IO.File]::WriteAllText("$($now.work)\performer.ps1", $performer)
    [IO.File]::WriteAllText("$($now.work)\none", '')
    Set-Keys $true
    Confirm-Machine
}

# Ctrl-C is read as a key, so that it ends nothing half-way.
function Set-Keys([bool]$own) {
    try { [Console]::TreatControlCAsInput = $own; $now.keys = $own } catch { $now.keys = $false }
}

function Read-Stop {
    while ($now.keys -and [Console]::KeyAvailable) {
        $key = [Console]::ReadKey($true)
        if ($key.Key -ne 'C' -or -not ($key.Modifiers -band [ConsoleModifiers]::Control)) { continue }
        $now.stops++
        if ($now.stops -eq 1) {
            Write-Host "`n  You asked to stop: what runs now goes on to its end. Press Ctrl-C again to end it too."
        }
    }
}

# Whether there is a terminal to ask on.
function Test-Asks { try { return -not [Console]::IsInputRedirected } catch { return $false } }

# Asks for WORD with TEXT; OPTION answers where there is no terminal.
function Read-Word([string]$word, [string]$option, [string]$text) {
    if (-not (Test-Asks)) {
        Stop-All 'somebody has to answer, and there is no terminal to ask on' $text "when it is so, give ``$option``"
    }
    Write-Host "$text`n  Type $word when it is so: " -NoNewline
    Set-Keys $false
    $answer = [Console]::ReadLine()
    Set-Keys $true
    if ($answer -cne $word) { Stop-All 'not confirmed' "``$word`` was not typed" 'see that it is so, then run the same again' }
}

function Confirm-Machine {
    $me = [Net.Dns]::GetHostName()
    $domain = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().DomainName
    if ($domain) { $me = "$me.$domain" }
    if ($me -eq $name) { return }
    # `vm` may call itself `vm.site-a`; `vm.site-b` is another machine.
    $both = $me.Contains('.') -and $name.Contains('.')
    if (-not $both -and $me.Split('.')[0] -eq $name.Split('.')[0]) { return }
    if (Test-Recorded "this-is $name on $me") { return }
    if ($options['this-is'] -cne $name) {
        Read-Word $name "--this-is $name" "This script is for $name, and this machine calls itself $me. Is it ${name}?"
    }
    Add-Record "this-is $name on $me"
}

function Add-By { Add-Record "by $([Environment]::UserDomainName)\$([Environment]::UserName)" }


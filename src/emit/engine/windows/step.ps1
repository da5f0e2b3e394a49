# --- one step ---------------------------------------------------------------------------------------------------------

# Somebody has to do what a command says, or to see that it is so. The word holds until the step ends, well or not.
function Confirm-ByPeople($step, $command) {
    $part = $step.id
    # That a step is to be taken back doesn't say that people have done their part of it.
    if ($now.back) { $part += '/back' }
    if (Test-Word $step $command) { return }
    $text = "`n    Somebody has to do this, or see that it is so:`n    $($command.a)"
    if ($confirmed -ccontains $part) { Write-Host $text } else { Read-Word 'done' "--confirm $part" $text }
    Add-By
    Add-Record "confirmed-by-people $($step.number) $($command.number)"
}

function Read-Log($step, $command) {
    $mark = "$kept\mark-$($command.a)"
    if (-not [IO.File]::Exists($mark)) { Write-Host '(nobody noted where it ended before: not read) ' -NoNewline; return }
    Invoke-Sure $step $command $mark
    $count = @{ 'failed-migrations' = 0; 'errors' = 0 }; $lines = @()
    foreach ($line in @(Get-Lines (Get-Harmless $now.out))) {
        if ($line -match '^(failed-migrations|errors) ([0-9]+)$') { $count[$Matches[1]] = [int]$Matches[2] }
        elseif ($line -match '^line (.*)$') { $lines += "    | $($Matches[1])" }
    }
    Write-Host "($($count['failed-migrations']) failed migrations, $($count['errors']) errors) " -NoNewline
    if ($lines.Count -gt 0) { Write-Host "`n$($lines -join "`n")" }
    $bad = $count['failed-migrations']
    if ($command.b -eq 'error') { $bad += $count['errors'] }
    if ($command.b -eq 'never' -or $bad -eq 0) { return }
    $now.hint = "When it works all the same: ``$call skip $($step.number) `"WHY THAT IS ACCEPTED`"``."
    Stop-Step $step $command 1 'something came to the log that people have to look at'
}

function Invoke-Part($step, $command) {
    Stop-IfAsked
    if ($command.verb -eq 'receive' -and $now.there) { return }
    Write-Host "    $($command.words) (at most $($command.limit) s) ... " -NoNewline
    switch ($command.verb) {
        'find' {
            if ((Invoke-Once $command '') -ne 0) { Write-Host 'not yet there'; return }
            $now.there = $true
        }
        'receive' { Send-Package $step $command }
        'write' { Send-File $step $command }
        'idle' { Wait-Idle $step $command }
        'version' { Invoke-Until $step $command $command.a $command.b }
        'retry' { Invoke-Until $step $command 2 $command.a }
        'note' {
            $path = "$kept\note-$($step.number)-$($command.a)"
            if (-not [IO.File]::Exists($path)) { Invoke-Sure $step $command ''; Save-Printed $path }
        }
        'compare' { Compare-Note $step $command }
        'mark' { Invoke-Sure $step $command ''; Save-Printed "$kept\mark-$($step.number)" }
        'read' { Read-Log $step $command }
        'by-hand' {
            if ((Invoke-Once $command '') -ne 0) {
                Confirm-ByPeople $step $command
                $status = Invoke-Once $command ''
                if ($status -ne 0) { Stop-Step $step $command $status "it is not done yet: $($command.a)" }
            }
        }
        'seen' {
            $status = Invoke-Once $command ''
            if ($status -ne 0) { Stop-Step $step $command $status "it is not done yet: $($command.a)" }
        }
        'ask' { Confirm-ByPeople $step $command }
        'request' { Confirm-ByPeople $step $command }
        'isolate' { $now.isolated = $true; Invoke-Sure $step $command '' }
        'restore' { Invoke-Sure $step $command ''; $now.isolated = $false }
        default { Invoke-Sure $step $command '' }
    }
    Write-Host 'done'
}

# The commands of a step that tell, by looking, whether it is done; waiting comes last. None when no look tells it.
function Get-Looks($step) {
    $step.commands | Where-Object { @('find', 'look', 'by-hand', 'version') -ccontains $_.verb }
    $step.commands | Where-Object { $_.verb -ceq 'wait' }
}

function Test-Done($step) {
    # Only doing it again tells that a file is as it should be now, and that its service knows it.
    if (@($step.commands | Where-Object { @('write', 'again') -ccontains $_.verb }).Count -gt 0) { return $false }
    $looks = @(Get-Looks $step)
    if ($looks.Count -eq 0) { return $false }
    foreach ($command in $looks) {
        if ((Invoke-Once $command '') -ne 0) { return $false }
        Stop-IfAsked
    }
    return $true
}

# What is not yet over on this host before a step.
function Confirm-Earlier($step) {
    foreach ($before in $steps) {
        if ($before.number -ge $step.number) { return }
        if ($before.kind -eq 'count' -or (Test-Over $before)) { continue }
        Stop-All "step $($step.number) ($($step.id)) can't be done yet" `
            "step $($before.number) ($($before.id): $($before.title)) comes before it and is not done here" `
            "``$call run $($before.number)``; or, when it is to be left out, ``$call skip $($before.number) `"REASON`"``"
    }
}

# Nobody here can see the other hosts: somebody gives the word, once for each wave.
function Confirm-Elsewhere([int]$wave) {
    if ($wave -le $firstWave -or (Test-Recorded "confirmed $wave")) { return }
    $text = "Before wave $wave, all of the waves before it has to be done on every host, and seen, as RUNBOOK.md says."
    foreach ($step in $steps) {
        if ($step.wave -ne $wave -or $step.elsewhere.Count -eq 0) { continue }
        $text += "`n  For $($step.id) in particular:`n  - $($step.elsewhere -join "`n  - ")"
    }
    if ($options['confirmed'] -ceq [string]$wave) { Write-Host $text } else { Read-Word 'done' "--confirmed $wave" $text }
    Add-By
    Add-Record "confirmed $wave"
}

function Confirm-Healthy($step, [string]$component) {
    foreach ($command in @($asked[$component])) {
        if (-not $command) { continue }
        Write-Host "    $($command.words) (at most $($command.limit) s) ... " -NoNewline
        Invoke-Sure $step $command ''
        Write-Host 'healthy'
    }
}

function Invoke-Step($step) {
    $was = Get-Progress $step
    Write-Host "`nStep $($step.number), wave $($step.wave) ($($step.stage)): $($step.title)  [$($step.id)]"
    if (-not $options['again'] -and $was.word -eq 'done' -and @('change', 'once') -ccontains $step.kind) {
        Write-Host "  It is done already, since $($was.at): nothing is done. ``verify`` looks whether it is still so; --again does it again."
        return
    }
    # An earlier attempt may have kept it from new work.
    $is_half = @('begun', 'failed', 'back-begun') -ccontains $was.word
    $now.step = $step; $now.back = $false; $now.there = $false; $now.isolated = $is_half; $now.hint = ''
    Confirm-Earlier $step
    Confirm-Elsewhere $step.wave
    foreach ($text in $step.why) { Write-Host "  why:     $text" }
    if ($step.impact) { Write-Host "  meanwhile: $($step.impact)" }
    if ($was.word -eq 'back-begun') { Write-Host "  Its way back was begun at $($was.at) and did not come to its end: it is looked at first." }
    elseif ($is_half) { Write-Host "  It was begun at $($was.at) and did not come to its end: it is looked at first." }
    # What an attempt has noted that came to its end, or was taken back, tells nothing of this one.
    if (-not $is_half) { Remove-Item -Path "$kept\note-$($step.number)-*" -Force -ErrorAction SilentlyContinue }
    if ($step.kind -eq 'count') {
        $now.hint = "Not every host has to pass this: see wave $($step.wave) in RUNBOOK.md. Other steps here don't wait for it"
    }
    if ($step.kind -eq 'change' -and (Test-Done $step)) {
        foreach ($command in $step.commands) {
            if (@('finish', 'compare', 'restore') -ccontains $command.verb) { Invoke-Part $step $command }
        }
        Add-Record "done $($step.number) $($step.id) found"
        Write-Host '  It is done already: all of its checks say so. Nothing was changed.'
        return
    }
    foreach ($component in $step.needs) { Confirm-Healthy $step $component }
    Add-Record "begun $($step.number) $($step.id)"
    foreach ($command in $step.commands) { Invoke-Part $step $command }
    Add-Record "done $($step.number) $($step.id)"
    Write-Host "  Step $($step.number) is done."
}

function Invoke-Wave([string]$wave) {
    $here = @($steps | Where-Object { [string]$_.wave -ceq $wave })
    if ($here.Count -eq 0) { Stop-All "nothing is to be done on this host in wave $wave" '' "see ``$call list``" }
    foreach ($step in $here) {
        $is = Get-Progress $step
        if ($is.word -eq 'skipped') { Write-Host "Step $($step.number) [$($step.id)] was left out at $($is.at)." } else { Invoke-Step $step }
    }
    Write-Host "`nWave $wave is done on $name. Tick it in RUNBOOK.md."
}

function Complete-Plan {
    if (@($steps | Where-Object { $_.kind -ne 'count' -and -not (Test-Over $_) }).Count -gt 0) { return }
    if (@(Get-Record | Where-Object { ($_ -split ' ')[1] -ceq 'complete' }).Count -eq 0) { Add-Record 'complete' }
    Write-Host 'All steps of this host are done.'
}


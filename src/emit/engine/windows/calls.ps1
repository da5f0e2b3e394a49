# --- what can be asked for ---------------------------------------------------------------------------------------------

function Show-List {
    $look = Open-Look
    Write-Host "$name in ${cluster}: $($steps.Count) steps, plan $short"
    Write-Host ('{0,5} {1,5}  {2,-24} {3}' -f 'step', 'wave', 'state', 'what')
    foreach ($step in $steps) {
        $is = Get-Progress $step
        $far = if ($look.hidden) { '?' } elseif ($is.word) { "$($is.word) $($is.at.Substring(5, 11))" } else { 'to do' }
        Write-Host ('{0,5} {1,5}  {2,-24} {3}  [{4}]' -f $step.number, $step.wave, $far, $step.title, $step.id)
    }
    if ($look.note) { Write-Host $look.note }
}

function Show-Step([string]$which) {
    $step = Get-Step $which
    Write-Host "Step $($step.number), wave $($step.wave): $($step.title)  [$($step.id)]"
    foreach ($text in $step.why) { Write-Host "  why:     $text" }
    foreach ($command in $step.commands) { Show-Command $command }
    if ($step.back.Count -gt 0) { Write-Host "`n--- the way back" }
    foreach ($command in $step.back) { Show-Command $command }
}

function Show-Command($command) {
    Write-Host "`n$('#') $($command.words) (at most $($command.limit) s)`n$(Get-Harmless $command.run)"
}

function Confirm-Promises {
    $bad = $false
    foreach ($step in $steps) {
        if ($step.kind -ne 'change' -or (Get-Progress $step).word -ne 'done') { continue }
        $looks = @(Get-Looks $step)
        $seen = if ($looks.Count -gt 0) { 'as promised' } else { 'no look tells it' }
        foreach ($command in $looks) {
            if ((Invoke-Once $command '') -ne 0) { $seen = "NOT as promised: can't $($command.words)"; $bad = $true; break }
        }
        Write-Host "step $($step.number)  $($step.id): $seen"
    }
    if ($bad) {
        Stop-All 'something that was done is not so any more' '' "see $log for what was said; then ``$call show STEP``"
    }
}

function Confirm-Health([string]$which) {
    $components = if ($which) { @($which) } else { @($asked.Keys | Sort-Object) }
    foreach ($component in $components) {
        if (-not $asked.ContainsKey($component)) {
            Stop-All "nobody is asked for the health of $component on this host" '' "one of: $(@($asked.Keys | Sort-Object) -join ' ')"
        }
        Write-Host "$component on ${name}:"
        Confirm-Healthy $null $component
    }
}

function Invoke-Back($step) {
    $now.step = $step; $now.back = $true
    if (-not (Test-Begun $step)) { Stop-All "step $($step.number) is not done here, so nothing is taken back" '' "see ``$call list``" }
    if ($step.back.Count -eq 0) {
        $why = if ($step.none) { $step.none } else { 'it changes nothing that runs' }
        Stop-All "step $($step.number) has no way back" $why 'see the section on ways back in RUNBOOK.md'
    }
    foreach ($later in $steps) {
        if ($later.number -le $step.number -or $later.kind -ne 'change') { continue }
        if ($later.back.Count -eq 0 -and -not $later.none) { continue }
        if (-not (Test-Begun $later)) { continue }
        if (-not $options['anyway']) {
            Stop-All "step $($step.number) can't be taken back yet" "step $($later.number) ($($later.id)) came after it and is not taken back" `
                "take that back first: ``$call back $($later.number)``; or, with a reason, ``$call back $($step.number) --anyway `"REASON`"``"
        }
        Add-Record "anyway $($step.number) $($options['anyway'])"
    }
    $lost = if ($step.lost) { $step.lost } else { 'nothing that is known' }
    $text = "Step $($step.number), $($step.title), is taken back. What that loses: $lost"
    if ($confirmed -ccontains $step.id) { Write-Host $text } else { Read-Word 'back' "--confirm $($step.id)" $text }
    # What was cut off half-way may be kept from new work, and the way back ends with giving it again.
    $now.there = $false; $now.isolated = $true
    Add-Record "back-begun $($step.number) $($step.id)"
    foreach ($command in $step.back) { Invoke-Part $step $command }
    Add-Record "back $($step.number) $($step.id)"
    Write-Host "  Step $($step.number) is taken back."
}

function Skip-Step($step, [string]$reason) {
    $is = Get-Progress $step
    if ($is.word -eq 'done') {
        Stop-All "step $($step.number) ($($step.id)) is done, so it can't be left out" "it was done at $($is.at)" `
            "``$call verify`` looks whether it still is; ``$call back $($step.number)`` takes it back"
    }
    Add-Record "skipped $($step.number) $($step.id): $reason"
    Write-Host "Step $($step.number) ($($step.id)) is left out."
}

function Stop-Plan([string]$reason) {
    Confirm-Rights
    if (@(Get-Record).Count -eq 0) { Stop-All 'no plan was begun here' '' "see ``$call list``" }
    Add-Record "given-up $reason"
    Write-Host "Given up. What was done stays; $($now.state) says what that was."
}

function Show-Usage {
    $look = Open-Look
    Write-Host "$name in $cluster ($environment), plan $short. RUNBOOK.md says when to run what; all but the first two as administrator.
It is called as $call ...

  list                 the steps, and how far they are
  show STEP            the exact commands of a step
  run STEP             one step, by its number or id
  run --wave N         all steps of a wave
  verify               looks whether what was done is still so; changes nothing
  health [COMPONENT]
  back STEP            takes a step back
  skip STEP `"REASON`"
  give-up `"REASON`"     leaves the plan that was begun here, for another one

  --confirmed N       all of the waves before N is done everywhere (otherwise you are asked)
  --confirm STEP      what people have to do for STEP is done; or: take STEP back (otherwise you are asked)
  --confirm STEP/back what people have to do to take STEP back is done (otherwise you are asked)
  --secrets FOLDER    secrets, one file each by its name (otherwise you are asked)
  --again             does a step that is done once more
  --this-is HOST      this machine is HOST, although it calls itself otherwise (otherwise you are asked)"
    if ($look.note) { Write-Host "`n$($look.note)" }
    if ($look.hidden) { return }
    foreach ($step in $steps) {
        if ($step.kind -eq 'count' -or (Test-Over $step)) { continue }
        Write-Host "`nNext here: step $($step.number), wave $($step.wave): $($step.title)"
        return
    }
    Write-Host "`nNothing is left to do here."
}

$options = @{}; $words = @(); $confirmed = @()

# Takes apart what was given.
function Read-Given {
    $next = 0
    while ($next -lt $given.Count) {
        $word = [string]$given[$next]
        $next++
        if ($word -ceq '--again') { $options['again'] = $true; continue }
        if (@('--wave', '--confirmed', '--confirm', '--secrets', '--this-is', '--anyway') -ccontains $word) {
            $value = [string]$given[$next]
            $next++
            if (-not $value -or $value.StartsWith('--')) { Stop-All "$word needs a value" '' "see ``$call``" }
            if ($word -ceq '--confirm') { $script:confirmed += $value } else { $options[$word.Substring(2)] = $value }
            continue
        }
        if ($word.StartsWith('-')) { Stop-All "there is no option $word" '' "see ``$call``" }
        $script:words += $word
    }
}

function Invoke-Given {
    switch -CaseSensitive ("$($words[0])/$([Math]::Max($words.Count - 1, 0))$(if ($options['wave']) { '/wave' })") {
        '/0' { Show-Usage; return }
        'help/0' { Show-Usage; return }
        'list/0' { Show-List; return }
        'show/1' { Show-Step $words[1]; return }
        'run/0/wave' { Open-Record; Invoke-Wave $options['wave']; Complete-Plan; return }
        'run/1' { Open-Record; Invoke-Step (Get-Step $words[1]); Complete-Plan; return }
        'verify/0' { Open-Record; Confirm-Promises; return }
        'health/0' { Open-Record; Confirm-Health ''; return }
        'health/1' { Open-Record; Confirm-Health $words[1]; return }
        'back/1' { Open-Record; Invoke-Back (Get-Step $words[1]); return }
        'skip/2' { Open-Record; Skip-Step (Get-Step $words[1]) $words[2]; return }
        'give-up/1' { Stop-Plan $words[1]; return }
        default { Stop-All "``$words`` can't be understood" '' "see ``$call``" }
    }
}

try {
    Read-Given
    Read-Steps
    Invoke-Given
} catch {
    Stop-All 'something went wrong that this script did not expect' $_.Exception.Message `
        "mend the cause, then run the same again: it looks what is there and goes on. It was here: $($_.InvocationInfo.PositionMessage)"
} finally {
    Restore-Work
    Set-Keys $false
    if ($now.work) { Remove-Item -LiteralPath $now.work -Recurse -Force -ErrorAction SilentlyContinue }
    if ($now.lock) { $now.lock.Close() }
}

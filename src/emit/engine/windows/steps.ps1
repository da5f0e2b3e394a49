# --- the steps, as they are read -------------------------------------------------------------------------------------

$steps = New-Object Collections.ArrayList
$asked = @{}
$secret = New-Object Collections.Hashtable ([StringComparer]::Ordinal)
$at = @{ step = $null; list = $null; command = $null; count = 0 }

function Step($number, $id, $wave, $stage, $kind, $title) {
    $at.step = @{ number = [int]$number; id = $id; wave = [int]$wave; stage = $stage; kind = $kind; title = $title
        why = @(); impact = ''; elsewhere = @(); needs = @(); lost = ''; none = ''
        commands = (New-Object Collections.ArrayList); back = (New-Object Collections.ArrayList) }
    $at.list = $at.step.commands
    [void]$steps.Add($at.step)
}
function Why($text) { $at.step.why += $text }
function Impact($text) { $at.step.impact = $text }
function Elsewhere($text) { $at.step.elsewhere += $text }
function Needs($component) { $at.step.needs += $component }
function NoWayBack($text) { $at.step.none = $text }
function Back($lost) { $at.step.lost = $lost; $at.list = $at.step.back }
function Health($component) { $at.list = New-Object Collections.ArrayList; $asked[$component] = $at.list }

function Cmd($verb, $limit, $words, $run, $a, $b, $c) {
    $at.count++
    $at.command = @{ number = $at.count; verb = $verb; limit = [double]$limit; words = $words; run = $run
        a = $a; b = $b; c = $c; pieces = (New-Object Collections.ArrayList) }
    [void]$at.list.Add($at.command)
}

# A part of the file that the command before writes.
function Piece($kind, $text) { [void]$at.command.pieces.Add(@{ kind = $kind; text = $text }) }

# The step that is named by its number or its id.
function Get-Step([string]$which) {
    foreach ($step in $steps) { if ([string]$step.number -eq $which -or $step.id -ceq $which) { return $step } }
    Stop-All "there is no step $which for this host" '' "see ``$call list`` for the steps and their numbers"
}


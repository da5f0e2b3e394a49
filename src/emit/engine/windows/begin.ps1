# What carries the steps above out, by Windows PowerShell 5.1. It was never run on Windows. It changes nothing but by
# the commands of the steps, apart from its own record below C:\ProgramData\mdc-by-hand.
$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
$utf8 = New-Object Text.UTF8Encoding $false
$self = $PSCommandPath
$call = "powershell.exe -NoProfile -ExecutionPolicy Bypass -File `"$self`""
$packages = Join-Path $PSScriptRoot 'packages'
$root = if ($env:MDC_BY_HAND) { $env:MDC_BY_HAND } else { "$env:ProgramData\mdc-by-hand" }
$base = "$root\$site"
$short = $seal.Substring(0, 12)
$kept = "$base\$short"
$log = "$kept\log"
# What changes while it goes on.
$now = @{ state = "$base\state"; work = ''; lock = $null; runs = 0; out = ''; err = ''
    step = $null; back = $false; there = $false; isolated = $false; hint = ''; keys = $false; stops = 0 }

# WHAT WHY NEXT: gives back what is kept from work, says what happened, and ends.
function Stop-All([string]$what, [string]$why, [string]$next) {
    Restore-Work
    [Console]::Error.WriteLine("`nSTOPPED on ${name}: $what")
    if ($why) { [Console]::Error.WriteLine("  why:  $why") }
    [Console]::Error.WriteLine("  next: $next")
    exit 1
}

# Whatever steers a terminal in the output of a command is shown, not obeyed.
function Get-Harmless([string]$text) { ($text -replace "`r`n", "`n") -replace '[\x00-\x08\x0b-\x1f\x7f-\x9f]', '?' }


# Runs a text of PowerShell, which says that it failed by an error, by the exit code of the last program, or by
# `False` as its last word. Gives its words, and leaves its status in $global:status.
function Invoke-Text([string]$text) {
    $global:LASTEXITCODE = 0; $global:status = 0; $last = $null
    & ([ScriptBlock]::Create($text)) | ForEach-Object { $last = $_; [string]$_ }
    if ($last -is [bool] -and -not $last) { $global:status = 1 }
    if ($global:LASTEXITCODE) { $global:status = $global:LASTEXITCODE }
}

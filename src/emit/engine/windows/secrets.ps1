# --- secrets and files ------------------------------------------------------------------------------------------------

# A secret: from a file of the folder that --secrets names, or from a prompt.
function Get-Secret([string]$which) {
    if ($secret.ContainsKey($which)) { return $secret[$which] }
    if ($options['secrets']) {
        $folder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($options['secrets'])
        $file = Join-Path $folder $which
        if (-not [IO.File]::Exists($file)) {
            Stop-All "the secret ``$which`` is not there" "there is no file $file" 'put it there, for administrators alone'
        }
        $value = [IO.File]::ReadAllText($file, $utf8) -replace '\r?\n\z', ''
    } else {
        if (-not (Test-Asks)) {
            Stop-All "the secret ``$which`` has to be typed, and there is no terminal" '' `
                'give --secrets FOLDER: a folder with one file for each secret, by its name'
        }
        Write-Host "`n    The secret $which (it is not shown): " -NoNewline
        Set-Keys $false
        $typed = Read-Host -AsSecureString
        Set-Keys $true
        $value = (New-Object Management.Automation.PSCredential 'it', $typed).GetNetworkCredential().Password
    }
    if (-not $value) { Stop-All "the secret ``$which`` is empty" '' 'run the same again and give it' }
    $secret[$which] = $value
    return $value
}

# A secret between double quotes, as JSON writes it.
function Get-Quoted([string]$text) {
    $text = $text.Replace('\', '\\').Replace('"', '\"').Replace("`n", '\n').Replace("`r", '\r').Replace("`t", '\t')
    if ($text -match '[\x00-\x1f\x7f]') { Stop-All 'a secret holds control characters' '' 'give it without them' }
    return $text
}

function Get-Hex([byte[]]$bytes) { [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant() }

# By which mdc tells later whether the secret is still the one that is desired (see docs/files.md).
function Get-Fingerprint([string]$value) {
    $random = New-Object byte[] 16
    [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($random)
    $salt = Get-Hex $random
    $key = [Security.Cryptography.Rfc2898DeriveBytes]::new($utf8.GetBytes($value), $utf8.GetBytes($salt), 60000,
        [Security.Cryptography.HashAlgorithmName]::SHA256).GetBytes(32)
    return "${salt}:$(Get-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($key)))"
}

# Writes the file of a command, with secrets in the places of their marks.
function Send-File($step, $command) {
    $whole = New-Object Text.StringBuilder; $told = @(); $named = @()
    foreach ($piece in $command.pieces) {
        if ($piece.kind -eq 'text') { [void]$whole.Append($piece.text); continue }
        $value = Get-Secret $piece.text
        if ($named -cnotcontains $piece.text) { $named += $piece.text; $told += "$($piece.text)=$(Get-Fingerprint $value)" }
        if ($piece.kind -eq 'quoted') { [void]$whole.Append((Get-Quoted $value)); continue }
        if ($value -match '[\r\n]') {
            Stop-All "the secret ``$($piece.text)`` has several lines" 'its place is not between double quotes' `
                'correct the template of the file, then plan and emit again'
        }
        [void]$whole.Append($value)
    }
    $content = $whole.ToString()
    $head = "$($told -join ' ')`n$($utf8.GetByteCount($command.a)) $($utf8.GetByteCount($content))`n"
    $file = "$($now.work)\received"
    try {
        [IO.File]::WriteAllText($file, $head + $command.a + $content, $utf8)
        Invoke-Sure $step $command $file
    } finally { [IO.File]::Delete($file) }
}


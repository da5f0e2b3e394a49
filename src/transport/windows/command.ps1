# Runs one command of a plan. Called with its text and the file that holds what came over standard
# input. A text that begins with `cmd.exe ` is a command line, any other is PowerShell (text.ps1).
$text, $received, $stays = $args
try {
    if ($text.StartsWith('cmd.exe ', [StringComparison]::Ordinal)) {
        $start = New-Object Diagnostics.ProcessStartInfo
        $start.FileName = "$env:SystemRoot\System32\cmd.exe"
        $start.Arguments = $text.Substring(8)
        $start.UseShellExecute = $false
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $process.StandardInput.Close()
        $said = $process.StandardOutput.ReadToEndAsync()
        $complained = $process.StandardError.ReadToEndAsync()
        $process.WaitForExit()
        if ($said.Result) { Say $said.Result.TrimEnd() }
        if ($complained.Result) { Complain $complained.Result.TrimEnd() }
        $global:status = $process.ExitCode
    } else {
        Invoke-Text $text
    }
} finally {
    if ($received -and -not $stays) {
        Remove-Item -LiteralPath $received -Force -ErrorAction SilentlyContinue
        # What connections that were cut off have left.
        Get-ChildItem -LiteralPath ([IO.Path]::GetDirectoryName($received)) -File -ErrorAction SilentlyContinue |
            Where-Object { $_.LastWriteTimeUtc -lt [DateTime]::UtcNow.AddHours(-1) } |
            Remove-Item -Force -ErrorAction SilentlyContinue
    }
}

# Tells whether the user is an administrator (0, as root's number is) and the host's time.
$user = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
if ($user.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) { Say '0' } else { Say '1' }
Say ([string][DateTimeOffset]::UtcNow.ToUnixTimeSeconds())

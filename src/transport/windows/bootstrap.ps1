begin {
$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
$utf8 = New-Object Text.UTF8Encoding $false
$out = [Console]::OpenStandardOutput(); $err = [Console]::OpenStandardError()
function Write-To($to, [string]$text) { $b = $utf8.GetBytes($text + "`n"); $to.Write($b, 0, $b.Length); $to.Flush() }
function Say([string]$text) { Write-To $out $text }
function Complain([string]$text) { Write-To $err $text }
function Text([string]$line) { $utf8.GetString([Convert]::FromBase64String($line)) }
function Protect {
$root = "$env:ProgramData\mdc"
if (-not [IO.Directory]::Exists($root)) {
$acl = New-Object Security.AccessControl.DirectorySecurity
$acl.SetSecurityDescriptorSddlForm('O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
[void][IO.Directory]::CreateDirectory($root, $acl)
}
$own = 'S-1-5-32-544', 'S-1-5-18'; $sid = [Security.Principal.SecurityIdentifier]
$acl = [IO.Directory]::GetAccessControl($root)
$owner = $acl.GetOwner($sid).Value
if ($own -notcontains $owner) { throw "$root belongs to somebody else: $owner" }
$others = @($acl.GetAccessRules($true, $true, $sid) | Where-Object { $own -notcontains $_.IdentityReference.Value })
if ($others) { throw "$root is open to others: $($others[0].IdentityReference.Value)" }
}
$head = @(); $whole = $false; $file = $null; $path = ''; $broken = ''; $global:status = 1
}
process {
# PowerShell hands on its input to a text that names this, and to no other.
$line = [string]$input
if ($broken) { return }
try {
if ($line -eq '.') { $whole = $true }
elseif ($head.Count -lt 4) {
$head += $line.Substring(1)
if ($head.Count -eq 4) {
Say "$($head[0]) begin $PID"
$from, $path = (Text $head[3]) -split ' ', 2
if ($path) {
Protect
[void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))
$file = [IO.File]::Open($path, 'OpenOrCreate', 'ReadWrite', 'Read')
if ($file.Length -lt [long]$from) { throw "$path is shorter than $from" }
$file.SetLength([long]$from); [void]$file.Seek(0, 'End')
}
}
}
else { $b = [Convert]::FromBase64String($line); $file.Write($b, 0, $b.Length) }
} catch { $broken = $_.Exception.Message }
}
end {
try { if ($file) { $file.Flush($true) } } catch { $broken = $_.Exception.Message }
if ($file) { $file.SafeFileHandle.Close() }
if ($broken -or -not $whole) {
# The part of a package is gone on with; anything else may hold secrets.
if ($path -and -not $path.EndsWith('.part')) { [IO.File]::Delete($path) }
if (-not $broken) { Complain 'the input was cut off, and nothing was run'; exit 70 }
Complain "nothing was run: $broken"; Say "`n$($head[0]) end 1"; exit 1
}
try {
$global:status = 0
$words = @((Text $head[2]) -split "`0")
& ([ScriptBlock]::Create((Text $head[1]))) @words | ForEach-Object { Say ([string]$_) }
} catch { $global:status = 1; Complain $_.Exception.Message }
Say "`n$($head[0]) end $global:status"
exit $global:status
}

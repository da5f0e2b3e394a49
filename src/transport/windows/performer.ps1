# Called with the file that holds the text and, where the text takes one, the file that it has received.
$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'
$utf8 = New-Object Text.UTF8Encoding $false
try { [Console]::OutputEncoding = $utf8 } catch { }
$received = $args[1]
Invoke-Text ([IO.File]::ReadAllText($args[0], $utf8)) | ForEach-Object { [Console]::Out.WriteLine($_) }
exit $global:status

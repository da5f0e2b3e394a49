# Tells what is on a Windows host, in the lines that the script for POSIX prints: `@mdc KEY VALUE`.
# Called with one word a question, its parts apart by U+001F. It changes nothing.
$culture = [Globalization.CultureInfo]::InvariantCulture
$stamp = { ([Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency).ToString('F2', $culture) }
$since = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
$questions = @($args | Where-Object { $_ } | ForEach-Object { , @($_ -split [char]31) })
function Of([string]$key) { foreach ($one in $questions) { if ($one[0] -ceq $key) { , $one } } }
function Line([string]$text) { Say ('@mdc ' + ($text -replace '\s+', ' ').Trim()) }

Line "clock $([long][Math]::Floor(([DateTime]::UtcNow - $since).TotalSeconds)) $(& $stamp)"

$system = Get-CimInstance Win32_OperatingSystem
$build = [int]$system.BuildNumber
# 1 is a workstation, which has other builds (Microsoft, "Windows release information").
$release = if ($system.ProductType -eq 1) { if ($build -ge 22000) { '11' } else { '10' } }
elseif ($build -ge 26100) { '2025' } elseif ($build -ge 20348) { '2022' } elseif ($build -ge 17763) { '2019' }
elseif ($build -ge 14393) { '2016' } else { "build$build" }
Line 'os ID=windows'
Line "os VERSION_ID=$release"
$machine = @{ AMD64 = 'x86_64'; ARM64 = 'aarch64'; x86 = 'i686' }[[Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE', 'Machine')]
Line "architecture $(if ($machine) { $machine } else { 'unknown' })"
# As df -P: name, blocks, used, free, percent, folder; the one that packages are copied to comes last.
$drives = @([IO.DriveInfo]::GetDrives() | Where-Object { $_.DriveType -eq 'Fixed' -and $_.IsReady })
$copies = [IO.Path]::GetPathRoot($env:ProgramData)
foreach ($drive in @(@($drives | Where-Object { $_.Name -ne $copies }) + @($drives | Where-Object { $_.Name -eq $copies }))) {
    Line "disk $($drive.Name.Substring(0, 2)) 0 0 $([long][Math]::Floor($drive.AvailableFreeSpace / 1024)) 0% $($drive.Name)"
}
Line "memory $($system.FreePhysicalMemory)"
# Package files, each in a folder named by its content; for others than administrators there are none.
$cache = "$env:ProgramData\mdc\cache"
try {
    $copies = @(foreach ($folder in [IO.DirectoryInfo]::new($cache).EnumerateDirectories()) { $folder.EnumerateFiles() })
} catch { $copies = @() }
foreach ($file in @($copies | Select-Object -First 500)) { Line "staged $($file.Length) $($file.FullName)" }
# When wininit was created, in the form of a boot id: no change of the clock moves it afterwards.
$booted = (Get-CimInstance Win32_Process -Filter "Name='wininit.exe'").CreationDate.ToFileTimeUtc()
$boot = $booted.ToString('x16')
Line "boot 00000000-0000-4000-$($boot.Substring(0, 4))-$($boot.Substring(4))"
$local = 'Registry::HKEY_LOCAL_MACHINE'
$waits = (Test-Path "$local\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending") -or
(Test-Path "$local\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired") -or
(Get-ItemProperty "$local\SYSTEM\CurrentControlSet\Control\Session Manager" -ErrorAction SilentlyContinue).PendingFileRenameOperations
# An installation of this boot that has asked for a reboot.
$asked = Get-Item -LiteralPath "$env:ProgramData\mdc\reboot-asked" -ErrorAction SilentlyContinue
$waits = $waits -or ($asked -and $asked.LastWriteTimeUtc.ToFileTimeUtc() -gt $booted)
Line "reboot $(if ($waits) { 'yes' } else { 'no' })"

# Both views of the registry; Win32_Product would repair what it lists. A name may end with the version.
$there = @{}
foreach ($view in 'Registry64', 'Registry32') {
    $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view)
    $all = $hive.OpenSubKey('SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall')
    if (-not $all) { continue }
    foreach ($name in $all.GetSubKeyNames()) {
        $key = $all.OpenSubKey($name)
        if (-not $key) { continue }
        $shown, $version = [string]$key.GetValue('DisplayName'), [string]$key.GetValue('DisplayVersion')
        $key.Close()
        if (-not $shown -or -not $version) { continue }
        foreach ($asked in @(Of 'package')) {
            if ($shown -eq $asked[1] -or $shown -eq "$($asked[1]) $version") {
                $told = $asked[1].Replace('%', '%25').Replace(' ', '%20')
                $there["$told installed $($version -replace '\s', '')"] = $asked[1]
            }
        }
    }
}
Line 'packages 0'
foreach ($one in @($there.Keys | Sort-Object)) { Line "package $one" }

$up = [double](& $stamp)
foreach ($asked in @(Of 'unit')) {
    $service = Get-Service -Name $asked[1] -ErrorAction SilentlyContinue
    if (-not $service) { Line 'unit LoadState=not-found'; Line 'unit ActiveState=inactive'; continue }
    $late = (Get-ItemProperty "$local\SYSTEM\CurrentControlSet\Services\$($service.Name)" -ErrorAction SilentlyContinue).DelayedAutoStart
    $state = switch ([string]$service.Status) {
        'Running' { 'active' }
        'StartPending' { 'activating' }
        'StopPending' { 'deactivating' }
        # It is started about two minutes after the others.
        'Stopped' { if ($late -and $up -lt 600) { 'delayed-start' } else { 'inactive' } }
        default { ([string]$service.Status).ToLowerInvariant() }
    }
    Line 'unit LoadState=loaded'
    Line "unit ActiveState=$state"
}

# The words of curl(1) and its exit codes; Windows has it since Server 2019.
$curl = "$env:SystemRoot\System32\curl.exe"
function Test-Health([string]$component, [string]$url) {
    if (-not (Test-Path $curl)) { Line "health $component nothing"; return }
    $code = & $curl -q -gsk -o NUL -w '%{http_code}' --noproxy '*' --max-time 5 -- $url
    Line "health $component curl $LASTEXITCODE $code"
}
function Test-Command([string]$component, [string]$text) {
    $said = ''; $status = 0
    try {
        $global:LASTEXITCODE = 0
        $all = @(& ([ScriptBlock]::Create($text)))
        $said = $all -join ' '
        $status = $LASTEXITCODE
        if ($all.Count -and $all[-1] -is [bool] -and -not $all[-1]) { $status = 1 }
    } catch { $status = 1; $said = $_.Exception.Message }
    if ($said.Length -gt 1000) { $said = $said.Substring($said.Length - 1000) }
    Line "health $component command $status $said"
}
foreach ($asked in @(Of 'health')) {
    if ($there.Values -notcontains $asked[2]) { continue }
    if ($asked[3] -eq 'http') { Test-Health $asked[1] $asked[4] } else { Test-Command $asked[1] $asked[4] }
}

# A managed file: its size and times tell whether it is the one that was written.
foreach ($asked in @(Of 'file')) {
    $null, $key, $path, $record, $secret = $asked
    $folder = [IO.Path]::GetDirectoryName($record)
    if ([IO.File]::Exists($path)) {
        $info = New-Object IO.FileInfo $path
        Line "file $key - - $($info.CreationTimeUtc.Ticks) $($info.Length) $($info.LastWriteTimeUtc.Ticks)"
        if ([IO.File]::Exists("$folder\changed")) { Line "file-due $key" }
        $written = if ([IO.File]::Exists($record)) { @([IO.File]::ReadAllLines($record)) } else { @() }
        if (-not $secret -and -not ($written.Count -gt 1 -and $written[1]) -and $info.Length -lt 65537) {
            Line "file-text $key $([Convert]::ToBase64String([IO.File]::ReadAllBytes($path)))"
        }
    }
    if ([IO.File]::Exists($record)) {
        Line "file-record $key $([Convert]::ToBase64String([IO.File]::ReadAllBytes($record)))"
    }
}

# All ports at once: nothing is sent.
$tries = @(foreach ($asked in @(Of 'reach')) {
        $client = New-Object Net.Sockets.TcpClient
        try { $task = $client.ConnectAsync($asked[1], [int]$asked[2]) } catch { $task = $null }
        , @($asked[1], $asked[2], $client, $task)
    })
$watch = [Diagnostics.Stopwatch]::StartNew()
foreach ($try in $tries) {
    $status = 0; $said = ''
    try {
        if (-not $try[3] -or -not $try[3].Wait([Math]::Max(5000 - [int]$watch.ElapsedMilliseconds, 1))) { $status = 137 }
    } catch {
        $status = 1
        $said = switch ([string]$_.Exception.GetBaseException().SocketErrorCode) {
            'ConnectionRefused' { 'refused' }
            'HostUnreachable' { 'No route' }
            'NetworkUnreachable' { 'unreachable' }
            'HostNotFound' { 'not known' }
            'NoData' { 'not known' }
            'TryAgain' { 'resolution' }
            'TimedOut' { 'timed out' }
            default { $_.Exception.GetBaseException().Message }
        }
    }
    $try[2].Close()
    Line "reach $($try[0]) $($try[1]) $status $said"
}

# Of a file only its first certificate, never a key that stands in it too.
foreach ($asked in @(Of 'pem')) {
    try { $lines = @([IO.File]::ReadAllLines($asked[2])) } catch { Line "pem $($asked[1]) unreadable"; continue }
    $inside = $false
    foreach ($line in @($lines | Select-Object -First 500)) {
        if ($line.StartsWith('-----BEGIN CERTIFICATE-----')) { $inside = $true }
        if ($inside) { Line "pem $($asked[1]) $line" }
        if ($line.StartsWith('-----END CERTIFICATE-----')) { break }
    }
}
foreach ($asked in @(Of 'tls')) {
    if ($there.Values -notcontains $asked[2]) { continue }
    $client = New-Object Net.Sockets.TcpClient
    try {
        $uri = New-Object Uri $asked[3]
        if (-not $client.ConnectAsync($uri.Host, $uri.Port).Wait(5000)) { continue }
        $any = [Net.Security.RemoteCertificateValidationCallback] { $true }
        $stream = [Net.Security.SslStream]::new($client.GetStream(), $false, $any)
        $stream.AuthenticateAsClient($uri.Host, $null, [Security.Authentication.SslProtocols]::Tls12, $false)
        $shown = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $stream.RemoteCertificate
        Line "certificate $($asked[1]) $($shown.NotAfter.ToUniversalTime().ToString('MMM d HH:mm:ss yyyy', $culture)) GMT"
    } catch { continue } finally { $client.Close() }
}
Line "end $(& $stamp)"

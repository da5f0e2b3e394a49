# Fetches what is missing of a package file from the machine that runs mdc, over TLS. Called with its address, its
# port, the word that it asks for, the SHA-256 of its certificate, the path and the length of the whole.
$address, $port, $word, $pin, $path, $size = $args
$size = [long]$size
Protect
[void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))
# Without a family it knows IPv4 alone (.NET Framework); a name is looked up for IPv4, too.
$ip = $null; $family = [Net.Sockets.AddressFamily]::InterNetwork
if ([Net.IPAddress]::TryParse($address, [ref]$ip)) { $family = $ip.AddressFamily }
$way = [Net.Sockets.TcpClient]::new($family)
$file = [IO.File]::Open($path, 'OpenOrCreate', 'ReadWrite', 'Read')
try {
    # A longer one is not a beginning of it.
    if ($file.Length -gt $size) { $file.SetLength(0) }
    $from = $file.Length
    [void]$file.Seek(0, 'End')
    if ($from -lt $size) {
        $begun = $way.BeginConnect($address, [int]$port, $null, $null)
        if (-not $begun.AsyncWaitHandle.WaitOne(10000)) { throw "$address`:$port does not answer within 10 s" }
        $way.EndConnect($begun)
        $way.ReceiveTimeout = 60000; $way.SendTimeout = 60000
        # Whom it is, tells the certificate itself, and before the word is said.
        $anyone = { $true }
        $tls = [Net.Security.SslStream]::new($way.GetStream(), $false, $anyone)
        $tls.AuthenticateAsClient('mdc', $null, [Security.Authentication.SslProtocols]::Tls12, $false)
        $sha = [Security.Cryptography.SHA256]::Create()
        $shown = [BitConverter]::ToString($sha.ComputeHash($tls.RemoteCertificate.GetRawCertData())).Replace('-', '')
        if ($shown -ne $pin) { throw "$address`:$port has another certificate than the one that was told: $shown" }
        $ask = [Text.Encoding]::ASCII.GetBytes("GET /$word HTTP/1.1`r`nHost: mdc`r`nRange: bytes=$from-`r`nConnection: close`r`n`r`n")
        $tls.Write($ask, 0, $ask.Length)
        $head = New-Object Text.StringBuilder
        while (-not $head.ToString().EndsWith("`r`n`r`n")) {
            $one = $tls.ReadByte()
            if ($one -lt 0 -or $head.Length -gt 8192) { throw "$address`:$port gave no answer of HTTP" }
            [void]$head.Append([char]$one)
        }
        $first = ($head.ToString() -split "`r`n")[0]
        if ($first -notmatch '^HTTP/1\.1 206 ') { throw "$address`:$port answered: $first" }
        $buffer = New-Object byte[] 1048576
        while ($file.Position -lt $size) {
            $count = $tls.Read($buffer, 0, [int][Math]::Min($buffer.Length, $size - $file.Position))
            if ($count -le 0) { throw "$address`:$port broke off at $($file.Position) of $size bytes" }
            $file.Write($buffer, 0, $count)
        }
        $file.Flush($true)
    }
} finally {
    $way.Close()
    $file.Close()
}

//! Logs on Windows: files, and the event log of what the service manager and the service itself say.

use super::{list, word};
use crate::catalog::Logs;

/// Bytes of files, and events, that are read.
const MOST_BYTES: u32 = 64 << 20;
const MOST_EVENTS: u32 = 20_000;
/// Lines that are shown of each kind, and their length.
const SHOWN: u32 = 5;
const WIDEST: u32 = 300;

/// Prints where the log ends: the host's own time, and the length of each file.
pub(in crate::step) fn mark(files: &[String]) -> String {
    let since = "\"since $([DateTimeOffset]::UtcNow.ToUnixTimeSeconds())\"";
    if files.is_empty() {
        return since.to_owned();
    }
    format!(
        "{since}\n\
         Get-ChildItem -Path {} -File -ErrorAction SilentlyContinue | \
         ForEach-Object {{ \"file $($_.Length) $($_.FullName)\" }}",
        list(files.iter().map(String::as_str)),
    )
}

/// Prints what came since then. A file that is shorter than it was is read as a whole.
pub(in crate::step) fn read(unit: &str, (logs, files): (&Logs, &[String])) -> String {
    let paths = if files.is_empty() {
        "@()".to_owned()
    } else {
        format!(
            "@(Get-ChildItem -Path {} -File -ErrorAction SilentlyContinue)",
            list(files.iter().map(String::as_str))
        )
    };
    let ignored: Vec<String> = logs.ignore.iter().map(|it| for_net(it)).collect();
    format!(
        "$since = $null; $marks = @{{}}\n\
         foreach ($line in [IO.File]::ReadAllLines($received)) {{\n  \
         $kind, $number, $path = $line -split ' ', 3\n  \
         if ($kind -eq 'since') {{ $since = [long]$number }} elseif ($kind -eq 'file') {{ $marks[$path] = [long]$number }}\n}}\n\
         if ($null -eq $since) {{ throw 'it is not known where the log ended' }}\n\
         if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -lt $since) {{ throw 'the clock was set back meanwhile' }}\n\
         $from = [DateTimeOffset]::FromUnixTimeSeconds($since).LocalDateTime\n\
         $lines = New-Object Collections.Generic.List[string]; $size = 0\n\
         $events = @(Get-WinEvent -FilterHashtable @{{ LogName = 'Application', 'System'; Level = 1, 2, 3; StartTime = $from }} \
         -MaxEvents {MOST_EVENTS} -ErrorAction SilentlyContinue)\n\
         foreach ($event in $events) {{\n  \
         $message = ([string]$event.Message) -replace '\\s+', ' '\n  \
         if ($event.ProviderName -ne {unit} -and -not $message.Contains({unit})) {{ continue }}\n  \
         $level = @('', 'critical', 'error', 'warning')[$event.Level]\n  \
         $lines.Add(\"$($event.TimeCreated.ToString('s')) ${{level}}: $message\")\n}}\n\
         foreach ($file in {paths}) {{\n  \
         $begin = [long]$marks[$file.FullName]\n  \
         if ($begin -gt $file.Length) {{ $begin = 0 }}\n  \
         $stream = [IO.File]::Open($file.FullName, 'Open', 'Read', 'ReadWrite, Delete')\n  \
         [void]$stream.Seek($begin, 'Begin'); $reader = New-Object IO.StreamReader $stream\n  \
         while ($size -le {MOST_BYTES} -and $null -ne ($line = $reader.ReadLine())) {{ $lines.Add($line); $size += $line.Length + 1 }}\n  \
         $reader.Close()\n}}\n\
         $ignored = @({ignored})\n\
         $kept = @($lines | Where-Object {{ $line = $_; -not ($ignored | Where-Object {{ $line -match $_ }}) }})\n\
         $failed = @($kept | Where-Object {{ $_ -match {migrations} }})\n\
         $other = @($kept | Where-Object {{ $_ -match {errors} -and $_ -notmatch {migrations} }})\n\
         \"bytes $size {MOST_BYTES}\"\n\
         \"failed-migrations $($failed.Count)\"\n\
         \"errors $($other.Count)\"\n\
         @($failed | Select-Object -First {SHOWN}) + @($other | Select-Object -First {SHOWN}) | \
         ForEach-Object {{ 'line ' + $_.Substring(0, [Math]::Min($_.Length, {WIDEST})) }}",
        unit = word(unit),
        ignored = list(ignored.iter().map(String::as_str)),
        migrations = word(&for_net(&logs.failed_migrations)),
        errors = word(&for_net(&logs.errors)),
    )
}

/// An extended regular expression of grep as one of .NET, which knows no names of kinds of characters.
fn for_net(pattern: &str) -> String {
    [
        ("[:alnum:]", "A-Za-z0-9"),
        ("[:alpha:]", "A-Za-z"),
        ("[:digit:]", "0-9"),
        ("[:upper:]", "A-Z"),
        ("[:lower:]", "a-z"),
        ("[:xdigit:]", "A-Fa-f0-9"),
        ("[:space:]", r"\s"),
        ("[:blank:]", r" \t"),
        ("[:punct:]", r"!-/:-@\[-`{-~"),
    ]
    .iter()
    .fold(pattern.to_owned(), |text, (posix, net)| text.replace(posix, net))
}

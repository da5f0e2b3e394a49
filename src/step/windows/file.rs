//! Managed files on Windows: as on POSIX, but who may read and write them is what their folder says.

use super::{list, word};
use crate::desired::ManagedFile;
use crate::diff::FileChange;
use crate::value::Digest;

/// What identifies the content of a file without reading it, as the facts tell it.
const STAMP: &str = "function Stamp { $info = New-Object IO.FileInfo $place; \
                     \"$($info.CreationTimeUtc.Ticks) $($info.Length) $($info.LastWriteTimeUtc.Ticks)\" }\n";

/// Whether two files have the same bytes.
const SAME: &str = "function Same([string]$one, [string]$other) {\n  \
                    [IO.File]::Exists($one) -and [IO.File]::Exists($other) -and \
                    (Get-FileHash -LiteralPath $one).Hash -eq (Get-FileHash -LiteralPath $other).Hash\n}\n";

/// Where the file is, and where what belongs to it is kept.
fn places(file: &ManagedFile) -> String {
    format!("$place = {}; $folder = {}\n", word(file.path.as_str()), word(file.record.parent()))
}

/// What was received holds, line by line, what tells secrets apart and the sizes of what follows: the text
/// with the marks of secrets, and the content itself. What was there is kept once for each change.
pub(in crate::step) fn write(FileChange { file, key }: &FileChange, restart: bool) -> String {
    let flag = if restart && file.restart {
        "if (-not $same) { [IO.File]::WriteAllText(\"$folder\\changed\", '') }\n"
    } else {
        ""
    };
    format!(
        "{places}$key = {key}; $new = \"$place.mdc-new\"\n{STAMP}{SAME}\
         [void][IO.Directory]::CreateDirectory($folder)\n\
         [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($place))\n\
         $utf8 = New-Object Text.UTF8Encoding $false\n\
         $bytes = [IO.File]::ReadAllBytes($received)\n\
         $one = [Array]::IndexOf($bytes, [byte]10); $two = [Array]::IndexOf($bytes, [byte]10, $one + 1)\n\
         $secrets = $utf8.GetString($bytes, 0, $one)\n\
         $size, $whole = $utf8.GetString($bytes, $one + 1, $two - $one - 1) -split ' ' | ForEach-Object {{ [int]$_ }}\n\
         $text = $utf8.GetString($bytes, $two + 1, $size)\n\
         $sha = [Security.Cryptography.SHA256]::Create()\n\
         $digest = [BitConverter]::ToString($sha.ComputeHash($utf8.GetBytes($text))).Replace('-', '')\n\
         if ($digest -ne {digest} -or $bytes.Length -ne $two + 1 + $size + $whole) {{ \
         throw 'what came is not the file that was reviewed' }}\n\
         $to = [IO.File]::Create($new)\n\
         $to.Write($bytes, $two + 1 + $size, $whole); $to.Flush($true); $to.Close()\n\
         $same = Same $new $place\n\
         $known = if ([IO.File]::Exists(\"$folder\\for\")) {{ [IO.File]::ReadAllText(\"$folder\\for\") }}\n\
         if (-not $same -or $known -ne $key) {{\n  \
         Remove-Item -Force -ErrorAction SilentlyContinue -LiteralPath \"$folder\\before\", \"$folder\\none\"\n  \
         if ([IO.File]::Exists($place)) {{ Copy-Item -LiteralPath $place -Destination \"$folder\\before\" }}\n  \
         else {{ [IO.File]::WriteAllText(\"$folder\\none\", '') }}\n  \
         [IO.File]::WriteAllText(\"$folder\\for\", $key)\n}}\n\
         {flag}\
         if ([IO.File]::Exists($place)) {{ [IO.File]::Replace($new, $place, [NullString]::Value) }} \
         else {{ [IO.File]::Move($new, $place) }}\n\
         [IO.File]::WriteAllText(\"$folder\\record.new\", \"$(Stamp)`n$secrets`n$text\", $utf8)\n\
         Move-Item -LiteralPath \"$folder\\record.new\" -Destination \"$folder\\record\" -Force",
        places = places(file),
        key = word(key),
        digest = word(&Digest::of(file.content.as_bytes()).to_string()),
    )
}

/// Sees that the file is as it was written.
pub(in crate::step) fn check_written(file: &ManagedFile) -> String {
    format!(
        "{places}{STAMP}$utf8 = New-Object Text.UTF8Encoding $false\n\
         $stamp, $secrets, $text = [IO.File]::ReadAllText(\"$folder\\record\", $utf8) -split \"`n\", 3\n\
         $sha = [Security.Cryptography.SHA256]::Create()\n\
         $digest = [BitConverter]::ToString($sha.ComputeHash($utf8.GetBytes([string]$text))).Replace('-', '')\n\
         if ($stamp -ne (Stamp) -or $digest -ne {digest}) {{ throw 'it is not as it was written' }}",
        places = places(file),
        digest = word(&Digest::of(file.content.as_bytes()).to_string()),
    )
}

/// Does nothing when the step has changed nothing, or it was done before.
pub(in crate::step) fn restore(FileChange { file, key }: &FileChange) -> String {
    format!(
        "{places}{SAME}\
         $known = if ([IO.File]::Exists(\"$folder\\for\")) {{ [IO.File]::ReadAllText(\"$folder\\for\") }}\n\
         if ($known -eq {key}) {{\n  \
         if (-not (Same \"$folder\\before\" $place)) {{ [IO.File]::WriteAllText(\"$folder\\changed\", '') }}\n  \
         if ([IO.File]::Exists(\"$folder\\before\")) {{\n    \
         Copy-Item -LiteralPath \"$folder\\before\" -Destination \"$place.mdc-new\" -Force\n    \
         Move-Item -LiteralPath \"$place.mdc-new\" -Destination $place -Force\n  \
         }} elseif ([IO.File]::Exists(\"$folder\\none\")) {{ Remove-Item -LiteralPath $place -Force -ErrorAction SilentlyContinue }}\n  \
         foreach ($name in 'for', 'before', 'none', 'record') {{ \
         Remove-Item -LiteralPath \"$folder\\$name\" -Force -ErrorAction SilentlyContinue }}\n}}",
        places = places(file),
        key = word(key),
    )
}

/// Restarts the service if one of `files` has changed since it was started.
pub(in crate::step) fn restart(unit: &str, files: &[FileChange]) -> String {
    let flags: Vec<String> =
        files.iter().map(|it| format!(r"{}\changed", it.file.record.parent())).collect();
    format!(
        "$changed = @({flags}) | Where-Object {{ [IO.File]::Exists($_) }}\n\
         if ($changed) {{\n  Restart-Service -Name {unit} -Force\n  \
         Remove-Item -LiteralPath $changed -Force\n}}",
        flags = list(flags.iter().map(String::as_str)),
        unit = word(unit),
    )
}

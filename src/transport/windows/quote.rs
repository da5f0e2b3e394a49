//! Words for the two shells of Windows, and texts as a command line can carry them through either.

use openssl::base64::encode_block;

use crate::value::RemotePath;

/// `text` as one word of PowerShell: in single quotes, in which nothing but single quotes means
/// anything, and those are doubled. PowerShell takes the typographic ones for the same
/// (`about_Quoting_Rules`; U+2018 to U+201B).
#[must_use]
pub fn powershell(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            word.push(c);
        }
        word.push(c);
    }
    word.push('\'');
    word
}

/// `path` with `ending` behind it as one word of a line for cmd: in double quotes, between which cmd replaces
/// nothing but `%name%` and `!name!`, which no path of a Windows host has in it ([`RemotePath`]).
#[must_use]
pub fn cmd(path: &RemotePath, ending: &'static str) -> String {
    format!("\"{path}{ending}\"")
}

/// The same of a path of our own, which is as harmless.
#[must_use]
pub fn cmd_own(path: &'static str) -> String {
    format!("\"{path}\"")
}

/// The command line that runs `script`. It has no character that means anything to cmd or PowerShell,
/// one of which is the login shell.
pub(in crate::transport) fn encoded(script: &str) -> String {
    let utf16: Vec<u8> = script.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let code = encode_block(&utf16);
    format!(
        "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand {code}"
    )
}

#[cfg(test)]
mod tests {
    use openssl::base64::decode_block;

    use super::*;

    #[test]
    fn powershell_takes_every_text_as_it_is() {
        for (text, expected) in [
            ("", "''"),
            ("md-core", "'md-core'"),
            ("it's", "'it''s'"),
            ("''", "''''''"),
            ("$env:X `n \"q\" ; & | { } @ # %", "'$env:X `n \"q\" ; & | { } @ # %'"),
            ("a\u{2019}b\u{201b}", "'a\u{2019}\u{2019}b\u{201b}\u{201b}'"),
            ("two\nlines", "'two\nlines'"),
            ("-Force", "'-Force'"),
        ] {
            assert_eq!(powershell(text), expected, "{text:?}");
        }
    }

    /// What a word for cmd can't hold is no path, so that there is always a word.
    #[test]
    fn cmd_takes_every_path_there_is() {
        for (text, expected) in [
            (r"C:\a.msi", Some("\"C:\\a.msi.log\"")),
            (r"C:\Program Files\a.msi", Some("\"C:\\Program Files\\a.msi.log\"")),
            (r"C:\a&b^c(d),e;f=g'h", Some("\"C:\\a&b^c(d),e;f=g'h.log\"")),
            (r"C:\%PATH%", None),
            (r"C:\a!b", None),
            ("C:\\a\"b", None),
            (r"C:\a|b", None),
            ("C:\\a\nb", None),
        ] {
            let word = text.parse().ok().map(|path: RemotePath| cmd(&path, ".log"));
            assert_eq!(word.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn no_shell_finds_anything_in_an_encoded_script() {
        let line = encoded("Write-Output 'ä' | % { $_ }");
        let plain = |c: char| c.is_ascii_alphanumeric() || " .-+/=".contains(c);
        assert!(line.chars().all(plain), "{line}");
        let code = decode_block(line.rsplit(' ').next().unwrap()).unwrap();
        let units: Vec<u16> =
            code.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        assert_eq!(String::from_utf16(&units).unwrap(), "Write-Output 'ä' | % { $_ }");
    }

    /// cmd takes 8191 characters (Microsoft, "Command prompt line string limitation"), and WinRM
    /// puts its own around them.
    #[test]
    fn the_bootstrap_fits_a_command_line() {
        assert!(encoded(super::super::BOOTSTRAP).len() < 8000);
    }
}

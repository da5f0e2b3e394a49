//! Words for the two shells of Windows, and texts as a command line can carry them through either.

use openssl::base64::encode_block;

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

/// `text` as one word of a command line for cmd; none when no such word exists: cmd replaces `%name%`
/// and `!name!` between double quotes too, and programs end a word at a double quote or take a
/// backslash before it for something else.
#[must_use]
pub fn cmd(text: &str) -> Option<String> {
    let bad = |c: char| matches!(c, '"' | '%' | '!') || c.is_control();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:\\/=".contains(c);
    if text.is_empty() || text.ends_with('\\') || text.contains(bad) {
        return None;
    }
    if text.chars().all(plain) {
        return Some(text.to_owned());
    }
    Some(format!("\"{text}\""))
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

    #[test]
    fn cmd_takes_what_it_can_hold_and_no_more() {
        for (text, expected) in [
            ("md-core", Some("md-core")),
            (r"C:\ProgramData\mdc\a.msi", Some(r"C:\ProgramData\mdc\a.msi")),
            (r"C:\Program Files\a.msi", Some("\"C:\\Program Files\\a.msi\"")),
            ("a&b|c>d<e^f(g)", Some("\"a&b|c>d<e^f(g)\"")),
            ("it's", Some("\"it's\"")),
            ("", None),
            ("%PATH%", None),
            ("a!b", None),
            ("a\"b", None),
            (r"C:\a b\", None),
            ("a\nb", None),
        ] {
            assert_eq!(cmd(text).as_deref(), expected, "{text:?}");
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

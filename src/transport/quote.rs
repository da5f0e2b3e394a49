//! Words for a POSIX shell.

use std::borrow::Cow;

/// `text` as one word of a POSIX shell (POSIX.1-2024, Shell Command Language, 2.2.2): as it is
/// when no character of it means anything to a shell, else in single quotes.
#[must_use]
pub fn quote(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_what_needs_it() {
        let golden = [
            ("", "''"),
            ("dpkg-query", "dpkg-query"),
            ("/opt/a_b/c.deb", "/opt/a_b/c.deb"),
            ("--name=x:y@z,1%+", "--name=x:y@z,1%+"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("'", r"''\'''"),
            ("$HOME `id` \"x\" \\", r#"'$HOME `id` "x" \'"#),
            ("a\nb", "'a\nb'"),
            ("~", "'~'"),
            ("*", "'*'"),
            ("#no comment", "'#no comment'"),
            ("naïve", "'naïve'"),
        ];
        for (text, expected) in golden {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn a_real_shell_reads_back_every_text() {
        for text in ["", "a b", "it's", "''", "\\'\"$x`y`\n\tz", "-n", "!history", "ä€\u{1}"] {
            let nested = format!("sh -c {}", quote(&format!("printf %s {}", quote(text))));
            let output = std::process::Command::new("sh").args(["-c", &nested]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}

//! Text for a POSIX shell.

/// `text` as one word of a POSIX shell (POSIX.1-2024, XCU section 2.2.2): bare when nothing in it
/// has a meaning to the shell, else in single quotes.
#[must_use]
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `text` as a basic or extended regular expression that matches just it. Versions and names have
/// no other character with a meaning there.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if ".+^$*?()[]{}|\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_undone_by_a_real_shell() {
        for text in ["", "plain", "two words", "it's", "$(reboot)", "`x`", "a\nb", "-n", "~", "*"] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quote(text))])
                .output()
                .expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }

    #[test]
    fn a_literal_matches_only_itself() {
        assert_eq!(literal("2.9.0+b1~x"), r"2\.9\.0\+b1~x");
    }
}

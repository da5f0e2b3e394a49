//! Text from elsewhere, made visible: what would steer a terminal or disguise its neighbours is
//! shown as an escape instead.

use std::borrow::Cow;

/// `text` with every steering character shown as Rust writes it (`\n`, `\u{1b}`, `\u{202e}`).
///
/// The result is one line. A backslash stays as it is: the escapes are for eyes, not for parsers.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) {
        Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 8), shown))
    } else {
        Cow::Borrowed(text)
    }
}

fn shown(mut line: String, character: char) -> String {
    if steers(character) {
        line.extend(character.escape_default());
    } else {
        line.push(character);
    }
    line
}

/// Whether a character moves the cursor, changes the direction of what follows, or can't be seen:
/// the control characters of ISO 6429 (both sets), the line separators, and the invisible formatting
/// characters of Unicode (general category Cf), among them the bidirectional overrides that "Trojan
/// Source" (CVE-2021-42574) hides text with.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steering_characters_are_shown_and_others_kept() {
        for (text, expected) in [
            ("2.9.0-1", "2.9.0-1"),
            ("größe 大", "größe 大"),
            ("a\x1b[31mb", "a\\u{1b}[31mb"),
            ("one\r\ntwo\tthree", "one\\r\\ntwo\\tthree"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }
}

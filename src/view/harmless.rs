//! Text from elsewhere, made visible: what would steer a terminal or disguise its neighbours is
//! shown as an escape instead.

use std::borrow::Cow;

use crate::value::steers;

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

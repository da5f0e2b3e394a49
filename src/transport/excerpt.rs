//! What a host printed, made fit for a one-line message: bounded, and without control characters,
//! which could redraw the reader's terminal.

use crate::value::steers;

/// The most characters that are shown.
const LONGEST: usize = 400;

/// The last lines of `bytes` as one line of plain text; `fallback` when there is nothing to show.
pub(super) fn excerpt(bytes: &[u8], fallback: &str) -> String {
    let end = bytes.len();
    let start = end.saturating_sub(LONGEST * 4);
    let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default());
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return fallback.to_owned();
    }
    let shown: Vec<char> = lines.join(" | ").chars().map(harmless).collect();
    let over = shown.len().saturating_sub(LONGEST);
    let kept: String = shown.into_iter().skip(over).collect();
    if over > 0 { format!("…{kept}") } else { kept }
}

/// Steering characters can make a terminal show something else than what is there.
fn harmless(c: char) -> char {
    if steers(c) { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_harmless_line() {
        let golden: &[(&[u8], &str)] = &[
            (b"", "nothing"),
            (b" \n\n", "nothing"),
            (b"sudo: a password is required\n", "sudo: a password is required"),
            (b"one\r\ntwo\n", "one | two"),
            (b"\x1b[2Jgone", "\u{fffd}[2Jgone"),
            (b"bad \xff byte", "bad \u{fffd} byte"),
            ("safe\u{202e}exe".as_bytes(), "safe\u{fffd}exe"),
        ];
        for (bytes, expected) in golden {
            assert_eq!(excerpt(bytes, "nothing"), *expected);
        }
    }

    #[test]
    fn bounded() {
        let long = excerpt(&vec![b'x'; 100_000], "");
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}

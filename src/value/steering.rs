//! Characters that do something where text is shown, instead of being seen.

/// The longest text of others that a message holds, in characters.
const LONGEST: usize = 300;

/// What others say, fit for a message: one line, bounded, nothing in it that [`steers`], and
/// "(secret)" in place of each of `secrets`.
#[must_use]
pub fn harmless(said: &str, secrets: &[&str]) -> String {
    let hidden = |text: String, secret: &&str| text.replace(*secret, "(secret)");
    let said = secrets.iter().filter(|secret| !secret.is_empty()).fold(said.to_owned(), hidden);
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |c: char| if steers(c) { char::REPLACEMENT_CHARACTER } else { c };
    line.chars().take(LONGEST).map(shown).collect()
}

/// Whether a character moves the cursor, changes the direction of what follows, or can't be seen:
/// the control characters of ISO 6429 (both sets), the line separators, and the invisible formatting
/// characters of Unicode (general category Cf), among them the bidirectional overrides that "Trojan
/// Source" (CVE-2021-42574) hides text with.
#[must_use]
pub fn steers(character: char) -> bool {
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
    fn what_others_say_is_one_line_without_secrets() {
        assert_eq!(harmless(" a\r\n b\u{1b}[2J\u{202e} ", &[]), "a b\u{fffd}[2J\u{fffd}");
        assert_eq!(harmless("no t0ken, T0KEN", &["t0ken", ""]), "no (secret), T0KEN");
        assert_eq!(harmless(&"x".repeat(1000), &[]).len(), LONGEST);
    }
}

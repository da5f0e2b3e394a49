//! Characters that do something where text is shown, instead of being seen.

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

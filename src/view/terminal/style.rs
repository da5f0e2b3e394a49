//! The one table from labels to looks, and the one place where a text becomes printable.

use super::Style;
use super::wrap::{Glyph, Line};
use crate::diff::Action;
use crate::view::document::{Label, NO_BREAK, Text};
use crate::view::harmless::visible;

/// The parameters of "select graphic rendition" (ISO 6429, 8.3.117) for a label; empty for none.
/// Only the sixteen colours that every terminal lets its user choose.
const fn rendition(label: Label) -> &'static str {
    match label {
        Label::Plain
        | Label::Version
        | Label::Action(
            Action::Copy
            | Action::Fetch
            | Action::Keep
            | Action::Relay
            | Action::Clear
            | Action::BackUp
            | Action::ProveBackup
            | Action::AwaitIdle
            | Action::StillIdle
            | Action::Confirm
            | Action::KeepHealthy
            | Action::AwaitHealthy
            | Action::Verify
            | Action::ScanBefore
            | Action::ScanAfter
            | Action::Reach
            | Action::MarkLogs
            | Action::ReadLogs
            | Action::Yield
            | Action::TellBefore
            | Action::TellStart
            | Action::TellEnd,
        ) => "",
        Label::Strong | Label::Stage | Label::Component => "1",
        Label::Host => "36",
        Label::Action(Action::Install | Action::Start | Action::Register | Action::Activate)
        | Label::Good => "32",
        Label::Action(
            Action::Upgrade | Action::Reconfigure | Action::Nominate | Action::ImportSettings,
        ) => "34",
        Label::Action(
            Action::Downgrade
            | Action::Repair
            | Action::Remove
            | Action::Reboot
            | Action::Rollback
            | Action::Unregister
            | Action::Deactivate
            | Action::Finalise,
        ) => "35",
        Label::Warning => "33",
        Label::Error => "1;31",
        Label::Code => "4",
        Label::Key | Label::Dim => "2",
    }
}

/// What stands for our own signs where only ASCII can be shown.
const fn in_ascii(character: char) -> Option<&'static str> {
    Some(match character {
        '→' => "->",
        '↑' => "^",
        '↓' => "v",
        '»' => ">>",
        '±' => "~",
        '▸' => ">",
        '✓' => "+",
        '✗' => "x",
        '…' => "...",
        '─' | '·' | '−' => "-",
        _ => return None,
    })
}

/// The text as printable characters with their labels.
pub(super) fn glyphs(text: &Text, style: &Style) -> Line {
    let mut line = Line::new();
    for span in &text.spans {
        push(&mut line, &span.text, span.label, style);
    }
    line
}

/// A line of code: exact but for what would steer the terminal.
pub(super) fn exact(text: &str, style: &Style) -> Line {
    let mut line = Line::new();
    push(&mut line, text, Label::Plain, style);
    line
}

fn push(line: &mut Line, text: &str, label: Label, style: &Style) {
    for character in visible(text).chars() {
        if style.unicode || character.is_ascii() || character == NO_BREAK {
            line.push(Glyph { character, label });
        } else if let Some(sign) = in_ascii(character) {
            line.extend(sign.chars().map(|character| Glyph { character, label }));
        } else {
            line.extend(character.escape_default().map(|character| Glyph { character, label }));
        }
    }
}

/// A line across, `length` columns long.
pub(super) fn rule(length: usize, style: &Style) -> impl Iterator<Item = Glyph> {
    std::iter::repeat_n(Glyph::dim(if style.unicode { '─' } else { '-' }), length)
}

/// Appends the characters, each run of one label in its look.
pub(super) fn paint(out: &mut String, glyphs: &[Glyph], style: &Style) {
    for run in glyphs.chunk_by(|left, right| left.label == right.label) {
        let look = run.first().map_or("", |glyph| rendition(glyph.label));
        let shown = |character| if character == NO_BREAK { ' ' } else { character };
        let characters = run.iter().map(|glyph| shown(glyph.character));
        if style.colour && !look.is_empty() {
            out.push_str("\x1b[");
            out.push_str(look);
            out.push('m');
            out.extend(characters);
            out.push_str("\x1b[0m");
        } else {
            out.extend(characters);
        }
    }
}

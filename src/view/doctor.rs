//! What was found on the way to a host.

use super::document::{Block, Document, Label, Text};
use crate::address::HostName;
use crate::transport::{Finding, Outcome};

/// The findings of `host` as a document.
#[must_use]
pub fn document(host: &HostName, findings: &[Finding]) -> Document {
    let title = Text::of(Label::Host, host.as_str()).plain(": the way to it, step by step");
    let mut document = Document::titled(title);
    document.push(Block::List(findings.iter().map(line).collect()));
    let hint = findings.iter().find_map(|finding| match &finding.outcome {
        Outcome::Bad { hint, .. } => Some((hint, finding.subject)),
        _ => None,
    });
    if let Some((hint, subject)) = hint {
        document.push(Block::heading("Next"));
        let text =
            Text::from(format!("What comes after the {} was not looked at: ", subject.in_words()));
        document.push(Block::Paragraph(text.plain(hint)));
    }
    document
}

fn line(finding: &Finding) -> Text {
    let name = finding.subject.in_words();
    match &finding.outcome {
        Outcome::Good(what) => {
            Text::of(Label::Good, "✓ ").and(Label::Key, name).plain(": ").plain(what)
        }
        Outcome::Odd { what, hint } => Text::of(Label::Warning, "! ")
            .and(Label::Key, name)
            .plain(": ")
            .plain(what)
            .plain("; ")
            .plain(hint),
        Outcome::Bad { what, .. } => {
            Text::of(Label::Error, "✗ ").and(Label::Key, name).plain(": ").plain(what)
        }
    }
}

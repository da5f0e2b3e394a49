//! What rules say of a plan.

use crate::plan::Plan;
use crate::policy::{Finding, Verdict};
use crate::view::document::{Block, Document, Label, Text};
use crate::view::plan::mark;
use crate::view::words;

/// The verdict on `plan`.
#[must_use]
pub fn document(plan: &Plan, verdict: &Verdict) -> Document {
    let title = Text::of(Label::Strong, &plan.cluster).plain(": policy on the plan");
    let mut document = Document::titled(title);
    document.marker = Some(mark("policy", plan));
    document.push(Block::Paragraph(Text::of(Label::Dim, format!("seal {}", plan.seal.short()))));
    let asked = words::count(verdict.asked, "rule");
    let text = match verdict.denied.len() {
        0 => Text::of(Label::Good, "Passed: ").plain(format!("none of {asked} refuses it.")),
        _ => Text::of(Label::Error, "Refused: ")
            .plain(format!("{} of {asked}.", words::count(verdict.denied.len(), "finding"))),
    };
    document.push(Block::Paragraph(text));
    list(&mut document, ("Refused", Label::Error), &verdict.denied);
    list(&mut document, ("Warnings", Label::Warning), &verdict.warned);
    document
}

fn list(document: &mut Document, (title, label): (&'static str, Label), findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    document.push(Block::heading(title));
    let item =
        |it: &Finding| Text::of(label, &it.message).and(Label::Dim, format!(" ({})", it.rule));
    document.push(Block::List(findings.iter().map(item).collect()));
}

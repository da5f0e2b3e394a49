//! The answers to what reviewers ask of plans.

mod differences;
mod standing;
mod verdict;
mod what_if;
mod why;

pub use differences::document as differences;
pub use standing::document as standing;
pub use verdict::document as verdict;
pub use what_if::document as what_if;
pub use why::document as why;

use super::document::{Label, Text};
use super::words;
use crate::plan::Step;

/// A step in one line: `↑ upgrade md-core on core-02, 2.8.0 → 2.9.0`.
fn step(step: &Step) -> Text {
    steps((step.action, step.component.as_str()), step.host.as_str()).plain(version(step))
}

/// The same thing on several hosts.
fn steps((action, component): (crate::diff::Action, &str), hosts: &str) -> Text {
    let sign = format!("{} {}", words::sign(action), words::action(action));
    Text::of(Label::Action(action), sign)
        .plain(" ")
        .and(Label::Component, component)
        .plain(" on ")
        .and(Label::Host, hosts)
}

fn version(step: &Step) -> String {
    match &step.from {
        _ if !step.is_change() => String::new(),
        Some(from) if *from.upstream() != step.to => {
            format!(", {} → {}", from.upstream(), step.to)
        }
        _ => format!(", {}", step.to),
    }
}

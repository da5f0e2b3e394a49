//! The order of a plan for Mermaid, which many code hosts draw inside Markdown: groups of steps, parts
//! as subgraphs (mermaid.js.org, flowcharts).

use std::fmt::Write as _;

use super::groups::{Group, groups};
use crate::plan::Plan;
use crate::view::harmless::visible;

/// The plan's order as a Mermaid flowchart.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let groups = groups(plan);
    let mut out = String::from("flowchart TD\n");
    // Writing to a string can't fail.
    for (number, (part, members)) in groups.by_part().into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph p{number}[{}]", quoted(&[part.title]));
        for (place, group) in members {
            let _ = writeln!(out, "    g{place}[{}]", label(group));
        }
        out.push_str("  end\n");
    }
    for (before, after) in &groups.order {
        let _ = writeln!(out, "  g{before} --> g{after}");
    }
    out
}

/// No sign before the action: Mermaid takes some of them for the beginning of a list.
fn label(group: &Group<'_>) -> String {
    quoted(&[&group.title(), &group.hosts(), &group.when()])
}

fn quoted(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("<br>"))
}

/// Everything but words and a few harmless signs as an entity (`#` and the number of the character):
/// quotes end a label, `%%{` begins a directive anywhere, a backtick Markdown, `<` markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in visible(text).chars() {
        if character.is_alphanumeric() || " .,:-_/()[]".contains(character) {
            out.push(character);
        } else {
            let _ = write!(out, "#{};", u32::from(character));
        }
    }
    out
}

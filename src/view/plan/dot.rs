//! The order of a plan for Graphviz: groups of steps, parts as clusters (the DOT language, graphviz.org).

use std::fmt::Write as _;

use super::groups::{Group, groups};
use super::title;
use crate::plan::Plan;
use crate::view::harmless::visible;

/// The plan's order as a graph in the DOT language.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let groups = groups(plan);
    let name = quoted(&[&title(plan).said()]);
    let mut out = format!(
        "digraph plan {{\n  label={name}; labelloc=t; rankdir=TB; fontname=\"sans-serif\";\n  \
         node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n"
    );
    // Writing to a string can't fail.
    for (number, (part, members)) in groups.by_part().into_iter().enumerate() {
        let _ =
            writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(&[part.title]));
        for (place, group) in members {
            let _ = writeln!(out, "    g{place} [label={}];", label(group));
        }
        out.push_str("  }\n");
    }
    for (before, after) in &groups.order {
        let _ = writeln!(out, "  g{before} -> g{after};");
    }
    out.push_str("}\n");
    out
}

fn label(group: &Group<'_>) -> String {
    quoted(&[&group.title(), &group.hosts(), &group.when()])
}

/// Lines as one quoted string. In it `"` ends the string, `\` begins an escape such as `\N`, and `&` an
/// entity.
fn quoted(lines: &[&str]) -> String {
    let line = |text: &&str| {
        visible(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
    };
    format!("\"{}\"", lines.iter().map(line).collect::<Vec<_>>().join("\\n"))
}

//! What changes in managed files, line by line.

use std::collections::BTreeMap;

use super::super::group::group;
use crate::diff::{FileDifference, Reason};
use crate::plan::Step;
use crate::transport::Task;
use crate::value::RemotePath;
use crate::view::document::{Block, Label, Text};
use crate::view::words;

/// One change of content, as it is shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown<'a> {
    path: &'a RemotePath,
    lines: Vec<String>,
}

/// Every change of content once, with the hosts that it is made on.
pub(in crate::view) fn blocks<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<Block> {
    let changes = steps.into_iter().flat_map(|step| of_step(step).map(move |it| (step, it)));
    let groups = group(changes, |(_, shown)| shown.clone());
    if groups.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::heading("Files")];
    for (Shown { path, lines }, steps) in groups {
        let hosts = words::hosts(steps.iter().map(|(step, _)| step.host.as_str()));
        let title = Text::of(Label::Strong, path.as_str()).plain(" on ").and(Label::Host, hosts);
        blocks.extend([Block::Paragraph(title), Block::Code(lines)]);
    }
    blocks
}

fn of_step(step: &Step) -> impl Iterator<Item = Shown<'_>> {
    let contents: BTreeMap<&RemotePath, &str> = step
        .commands
        .iter()
        .filter_map(|command| match &command.task {
            Task::WriteFile { path, content, .. } => Some((path, content.as_str())),
            _ => None,
        })
        .collect();
    step.reasons.iter().filter_map(move |reason| {
        let Reason::FileDiffers { path, how, .. } = reason else { return None };
        let lines = match how {
            FileDifference::Lines(lines) => lines.lines().map(str::to_owned).collect(),
            FileDifference::Missing | FileDifference::Unknown => {
                contents.get(path)?.lines().map(|line| format!("+{line}")).collect()
            }
            FileDifference::Touched
            | FileDifference::Secret(_)
            | FileDifference::NotRestarted
            | FileDifference::Access { .. } => {
                return None;
            }
        };
        Some(Shown { path, lines })
    })
}

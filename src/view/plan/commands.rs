//! What each step runs, to the letter.

use super::rows::StepRow;
use super::steps::action;
use crate::diff::Action;
use crate::plan::{HealthyBefore, Plan, Step};
use crate::transport::{Account, Command, Task};
use crate::view::document::{Block, Label, Text};
use crate::view::group::group;
use crate::view::words;

/// The commands of a part. Hosts that run the same are named together.
pub(super) fn details(plan: &Plan, part: &str, rows: &[StepRow<'_>]) -> Block {
    let mut body = Vec::new();
    for row in rows {
        for (lines, steps) in group(row.steps.iter().copied(), |step| lines(plan, step)) {
            let hosts = words::hosts(steps.iter().map(|step| step.host.as_str()));
            let title = action(row.same.action)
                .plain(" ")
                .and(Label::Component, row.same.component.as_str())
                .plain(" on ")
                .and(Label::Host, hosts);
            body.push(Block::Paragraph(title));
            body.push(Block::Code(lines));
        }
    }
    let summary = Text::of(Label::Strong, format!("Commands: {part}"));
    Block::Details { summary, body }
}

fn lines(plan: &Plan, step: &Step) -> Vec<String> {
    let before = step.needs_healthy.iter().flat_map(|need| {
        let asked = format!("on {}, ask whether {} is healthy", place(step, need), need.component);
        need.check.iter().flat_map(move |check| command_lines(&asked, check))
    });
    let own =
        step.commands.iter().flat_map(|command| command_lines(&command.task.in_words(), command));
    let back = step.back().into_iter().flat_map(|commands| commands.iter());
    let back = back.flat_map(|command| {
        command_lines(&format!("on the way back: {}", command.task.in_words()), command)
    });
    before.chain(asked(plan, step)).chain(own).chain(back).collect()
}

/// What a step that is not one host's asks whom. What it doesn't ask itself is asked by its twin.
fn asked(plan: &Plan, step: &Step) -> Vec<String> {
    let members = plan.asked.get(&step.id).map_or(&[][..], |it| &it.0);
    let mut lines = Vec::new();
    for (_, alike) in group(members, |member| member.check.name()) {
        let hosts = words::hosts(alike.iter().map(|member| member.host.as_str()));
        let own = |command: &&Command| match command.task {
            Task::MarkLog { .. } => step.action == Action::MarkLogs,
            Task::ReadLog { .. } => step.action == Action::ReadLogs,
            _ => true,
        };
        let check = alike.first().map_or(&[][..], |member| &member.check);
        for command in check.iter().filter(own) {
            lines.extend(command_lines(
                &format!("on {hosts}, {}", command.task.in_words()),
                command,
            ));
        }
    }
    lines
}

fn place<'a>(step: &Step, need: &'a HealthyBefore) -> &'a str {
    if need.host == step.host { "the same host" } else { need.host.as_str() }
}

/// What the command is for and how long it may take, as a comment, and its exact text.
fn command_lines(what: &str, command: &Command) -> Vec<String> {
    let account = match command.account {
        Account::Login => "",
        Account::Root => " as root,",
    };
    let comment = format!("# {what},{account} within {}", command.within);
    std::iter::once(comment).chain(command.run.lines().map(str::to_owned)).collect()
}

//! What each step runs, to the letter.

use super::rows::StepRow;
use super::steps::action;
use crate::address::HostName;
use crate::diff::Action;
use crate::plan::{HealthyBefore, Plan, Step};
use crate::transport::{Account, Command, Task};
use crate::value::SecretReference;
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

/// When a command of a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// When the step starts, on what has to be healthy.
    Before,
    /// As what the step does.
    Own,
    /// When the step is taken back.
    Back,
}

/// A command of a step.
pub(super) struct Run<'a> {
    pub(super) when: When,
    /// What it is for, and where when that isn't the step's host.
    pub(super) what: String,
    pub(super) command: &'a Command,
}

/// All that a step runs, in this order.
pub(super) fn runs<'a>(plan: &'a Plan, step: &'a Step) -> Vec<Run<'a>> {
    let before = step.needs_healthy.iter().flat_map(|need| {
        let what = format!("on {}, ask whether {} is healthy", place(step, need), need.component);
        need.check.iter().map(move |command| Run {
            when: When::Before,
            what: what.clone(),
            command,
        })
    });
    let back = step.back().map_or(&[][..], |commands| &**commands);
    let back = back.iter().map(|command| Run { when: When::Back, what: what(command), command });
    before
        .chain(asked(plan, step))
        .chain(step.in_order().into_iter().map(own))
        .chain(back)
        .collect()
}

/// All that a step runs, as text: what it asks before, its own commands, and its way back.
pub(in crate::view) fn lines(plan: &Plan, step: &Step) -> Vec<String> {
    runs(plan, step).iter().flat_map(command_lines).collect()
}

/// Commands as text, each with what it is for.
pub(in crate::view) fn own_lines(commands: &[Command]) -> Vec<String> {
    let runs = commands.iter().map(|command| own((None, command)));
    runs.flat_map(|run| command_lines(&run)).collect()
}

/// A command of what the step does; `relay` is where it runs, when that isn't the step's host.
fn own<'a>((relay, command): (Option<&HostName>, &'a Command)) -> Run<'a> {
    let what = what(command);
    let what = relay.map_or_else(|| what.clone(), |host| format!("on {host}, {what}"));
    Run { when: When::Own, what, command }
}

/// What a command is for, and what it takes from the controller for that.
fn what(command: &Command) -> String {
    let words = command.task.in_words();
    match &command.task {
        Task::WriteFile { secrets, .. } => secrets.iter().fold(words, |words, (name, from)| {
            format!("{words}, with the secret {name} from {}", secret(from))
        }),
        Task::Relay(_) => words,
        task => task.sends().map_or(words.clone(), |from| format!("{words} from the file {from}")),
    }
}

fn secret(reference: &SecretReference) -> String {
    match reference {
        SecretReference::Env(name) => format!("the variable {name}"),
        SecretReference::File(path) => format!("the file {path}"),
        SecretReference::Command(words) => format!("the command `{}`", words.join(" ")),
    }
}

/// What a step that is not one host's asks whom. What it doesn't ask itself is asked by its twin.
fn asked<'a>(plan: &'a Plan, step: &Step) -> Vec<Run<'a>> {
    let members = plan.asked.get(&step.id).map_or(&[][..], |it| &it.0);
    let mut asked = Vec::new();
    for (_, alike) in group(members, |member| member.check.name()) {
        let hosts = words::hosts(alike.iter().map(|member| member.host.as_str()));
        let own = |command: &&Command| match command.task {
            Task::MarkLog { .. } => step.action == Action::MarkLogs,
            Task::ReadLog { .. } => step.action == Action::ReadLogs,
            _ => true,
        };
        let check = alike.first().map_or(&[][..], |member| &member.check);
        asked.extend(check.iter().filter(own).map(|command| Run {
            when: When::Own,
            what: format!("on {hosts}, {}", command.task.in_words()),
            command,
        }));
    }
    asked
}

/// Where something is that a step asks, seen from its host.
pub(super) fn place<'a>(step: &Step, need: &'a HealthyBefore) -> &'a str {
    if need.host == step.host { "the same host" } else { need.host.as_str() }
}

/// As whom a command runs, when it is not the login user.
pub(super) const fn account(command: &Command) -> &'static str {
    match command.account {
        Account::Login => "",
        Account::Root => " as root,",
    }
}

/// What the command is for and how long it may take, as a comment, and its exact text.
fn command_lines(run: &Run<'_>) -> Vec<String> {
    let Run { when, what, command } = run;
    let back = if *when == When::Back { "on the way back: " } else { "" };
    let comment = format!("# {back}{what},{} within {}", account(command), command.within);
    std::iter::once(comment).chain(command.run.lines().map(str::to_owned)).collect()
}

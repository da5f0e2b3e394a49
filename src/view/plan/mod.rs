//! The plan as people read it: first what it comes to, then, by choice, every step with its reasons
//! and the exact commands.

mod commands;
mod dot;
pub(super) mod files;
mod groups;
mod left_out;
mod mermaid;
mod notices;
mod page;
mod rehearsal;
mod rows;
mod steps;
mod summary;
mod waived;
mod width;

use super::document::{Block, Document, Label, Text};
use super::{markdown, words};
use crate::plan::{Clock, Compared, Part, Plan, Purpose, parts};
pub(super) use commands::{lines, own_lines};
pub use dot::dot;
pub use mermaid::mermaid;
pub use page::page;
pub(super) use rows::needs;
use rows::rows;
pub(super) use summary::policy;
pub use summary::staged_of;
pub(super) use waived::waivers;

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What it comes to.
    Summary,
    /// And every step, with why and what stops meanwhile.
    Steps,
    /// And what each step runs.
    Commands,
}

/// Under which name a bot finds what was told of plans for the same cluster: one word of its name and what it
/// is for, so that none begins as another does.
#[must_use]
pub fn mark(what: &str, plan: &Plan) -> String {
    format!("mdc:{what} {}/{}", plan.cluster, plan.environment)
}

/// The plan as a document. `next` is the command that carries it out; empty when the reader has
/// nothing to run.
#[must_use]
pub fn document(plan: &Plan, detail: Detail, next: &str) -> Document {
    let mut document = Document::titled(title(plan));
    document.marker = Some(mark("plan", plan));
    document.push(Block::Paragraph(origin(plan)));
    if plan.steps.is_empty() {
        document.push(Block::Paragraph(nothing_to_do(plan)));
    } else {
        document.extend(summary::blocks(plan));
    }
    if detail >= Detail::Steps {
        let clock = Clock::of(plan);
        let parts = parts(plan);
        document.extend(parts.iter().flat_map(|part| every_step((plan, &clock), part, detail)));
    }
    if detail >= Detail::Steps {
        document.extend(files::blocks(&plan.steps));
    }
    document.extend(notices::blocks(plan, detail));
    document.extend(left_out::blocks(plan));
    document.extend(rehearsal::blocks(plan));
    document.extend(waivers(&plan.waivers));
    if !plan.steps.is_empty() && !next.is_empty() {
        document.extend(closing(plan, next));
    }
    document
}

fn every_step((plan, clock): (&Plan, &Clock), part: &Part<'_>, detail: Detail) -> Vec<Block> {
    let rows = rows(part.steps.iter().copied(), clock);
    let mut blocks = Vec::from(steps::blocks(part, &rows));
    if detail == Detail::Commands {
        blocks.push(commands::details(plan, part.title, &rows));
    }
    blocks
}

/// The plan as one comment of a pull request: as much detail as fits in
/// [`markdown::LONGEST_COMMENT`], and a line that says what was dropped.
#[must_use]
pub fn comment(plan: &Plan, next: &str) -> String {
    let document = |detail| document(plan, detail, next);
    let short = |document: &Document| markdown::render_whole(document, markdown::LONGEST_COMMENT);
    // Each form holds the one before: the long ones of a large cluster are not made for nothing.
    let steps = document(Detail::Steps);
    if short(&steps).is_some() {
        let whole = short(&document(Detail::Commands));
        if let Some(text) = whole.or_else(|| short(&without(steps, "commands"))) {
            return text;
        }
    }
    let summary = without(document(Detail::Summary), "steps");
    markdown::render_within(&summary, markdown::LONGEST_COMMENT)
}

/// The most comments that a plan is told in: who reads more, reads the plan file.
const MOST_COMMENTS: usize = 10;

/// The plan as comments of a pull request, each with its mark, of this name when there is one: with all
/// commands where that takes no more than ten, and else with a line that says what was dropped.
#[must_use]
pub fn comments(plan: &Plan, next: &str, name: Option<&str>) -> Vec<String> {
    let document = |detail| {
        let document = document(plan, detail, next);
        let marker = name.map(named).or(document.marker);
        Document { marker, blocks: document.blocks }
    };
    let few = |document: &Document| {
        Some(markdown::comments(document)).filter(|comments| comments.len() <= MOST_COMMENTS)
    };
    let summary = || without(document(Detail::Summary), "steps");
    if let Some(steps) = few(&without(document(Detail::Steps), "commands")) {
        return few(&document(Detail::Commands)).unwrap_or(steps);
    }
    let all = markdown::comments(&summary());
    if all.len() <= MOST_COMMENTS {
        return all;
    }
    let note = format!(
        "Of {} comments the first {MOST_COMMENTS} are here: too many. The plan file has the rest.",
        all.len()
    );
    let mut document = summary();
    document.blocks.insert(1, Block::Paragraph(Text::of(Label::Warning, note)));
    let mut comments = markdown::comments(&document);
    comments.truncate(MOST_COMMENTS);
    comments
}

fn named(name: &str) -> String {
    format!("mdc:plan {name}")
}

/// The comment of a pull request that takes the place of those of a plan, since there is none: `why`.
#[must_use]
pub fn no_comments(why: &str, name: Option<&str>) -> Vec<String> {
    let mut document = Document::titled(Text::from("There is no plan to show"));
    document.marker = Some(name.map_or_else(|| "mdc:plan".to_owned(), named));
    document.push(Block::Paragraph(Text::of(Label::Error, why)));
    markdown::comments(&document)
}

/// Says below the title that something is missing.
fn without(mut document: Document, dropped: &str) -> Document {
    let note =
        format!("The {dropped} are left out here: too long for a comment. The plan file has them.");
    document.blocks.insert(1, Block::Paragraph(Text::of(Label::Warning, note)));
    document
}

fn title(plan: &Plan) -> Text {
    let text = Text::of(Label::Strong, &plan.cluster).plain(" (").plain(&plan.environment);
    match &plan.purpose {
        Purpose::Release => text.plain("): plan to release ").and(Label::Strong, &plan.release),
        Purpose::RollBack(run) => {
            text.plain("): plan to roll back the run ").and(Label::Strong, run)
        }
        Purpose::BackUp => text.plain("): plan to take backups"),
        Purpose::Stage => text
            .plain("): plan to bring the packages of release ")
            .and(Label::Strong, &plan.release)
            .plain(" to their hosts"),
        Purpose::FailOver => text.plain("): plan to let a standby take over"),
        Purpose::Finalise => text
            .plain("): plan to drop what was kept for the way back from ")
            .and(Label::Strong, &plan.release),
    }
}

fn origin(plan: &Plan) -> Text {
    let text = Text::of(Label::Dim, "seal ")
        .and(Label::Dim, plan.seal.short())
        .and(Label::Dim, ", made from ")
        .and(Label::Dim, &plan.manifest)
        .and(Label::Dim, " by mdc ")
        .and(Label::Dim, &plan.basis.tool);
    match plan.basis.snapshot {
        None => text,
        Some(taken) => text.and(
            Label::Warning,
            format!(", from the snapshot of {}: no host was read for it", words::time(taken)),
        ),
    }
}

fn nothing_to_do(plan: &Plan) -> Text {
    match plan.purpose {
        Purpose::RollBack(_) => return Text::of(Label::Good, "Nothing to take back."),
        Purpose::BackUp => return Text::of(Label::Warning, "No backup is to be taken by mdc."),
        Purpose::Stage => return Text::of(Label::Good, "No package has to be brought to a host."),
        Purpose::Finalise => return Text::of(Label::Good, "Nothing is kept for a way back."),
        Purpose::Release | Purpose::FailOver => {}
    }
    let Compared { hosts, resources } = plan.basis.compared;
    let among = format!(
        "{} on {} {} as desired.",
        words::count(resources, "resource"),
        words::count(hosts, "host"),
        if resources == 1 { "is" } else { "are" },
    );
    match (resources, plan.unknown.is_empty()) {
        (0, false) => Text::of(Label::Warning, "Nothing can be planned: no host could be read."),
        (_, false) => {
            Text::of(Label::Warning, "Nothing to do where hosts could be read: ").plain(among)
        }
        (_, true) => Text::of(Label::Good, "Nothing to do: ").plain(among),
    }
}

fn closing(plan: &Plan, next: &str) -> [Block; 3] {
    let text = if plan.unknown.is_empty() && plan.withheld.is_empty() {
        "Read it through, then carry it out:"
    } else {
        "Mend what is unknown and plan again; or, if the rest should go ahead, carry it out:"
    };
    let next = next.to_owned();
    [Block::heading("Next"), Block::Paragraph(text.into()), Block::Code(vec![next])]
}

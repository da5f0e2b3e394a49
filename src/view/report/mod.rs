//! What happened in a run: how far it came, why it stopped, what state it leaves, how to go on.

mod change;
mod logs;
mod notices;
mod parts;
mod scans;
mod tries;

pub use change::change_record;

use super::document::{Block, Document, Field, Label, Row, Side, Table, Text};
use super::group::group;
use super::words::{self, StepName};
use crate::plan::Purpose;
use crate::report::{Report, StepReport};
use crate::state::{StepFailure, StepOutcome};

/// How much of a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What a reader has to know.
    Summary,
    /// And every step with the time it took.
    Steps,
}

/// The report as a document.
#[must_use]
pub fn document(report: &Report, detail: Detail) -> Document {
    let tally = Tally::of(report);
    let mut document = Document::titled(title(report));
    document.push(Block::Paragraph(tally.verdict(report)));
    if let Some(reason) = &report.stopped {
        document
            .push(Block::Paragraph(Text::of(Label::Warning, "Stopped:").plain(" ").plain(reason)));
    }
    document.extend(report.steps.iter().filter_map(failure).flatten());
    document.extend(not_started(report));
    document.extend(unreturned(report));
    document.extend(mixed(report));
    document.extend(kept(report));
    document.extend(parts::against_forecast(&report.parts));
    document.extend(scans::test_scans(&report.scans));
    document.extend(logs::found(&report.logs));
    document.extend(notices::told(&report.notices));
    document.extend(report.load.iter().flat_map(scans::load));
    if detail == Detail::Steps {
        document.extend(steps(report));
    }
    document.push(Block::Fields(closing(report)));
    document
}

fn title(report: &Report) -> Text {
    let text =
        Text::of(Label::Strong, &report.cluster).plain(": run ").and(Label::Strong, &report.run);
    match &report.purpose {
        Purpose::Release => text.plain(" to release ").and(Label::Strong, &report.release),
        Purpose::RollBack(run) => text.plain(" to roll back the run ").and(Label::Strong, run),
        Purpose::BackUp => text.plain(" to take backups"),
        Purpose::Stage => text
            .plain(" to bring the packages of release ")
            .and(Label::Strong, &report.release)
            .plain(" to their hosts"),
        Purpose::FailOver => text.plain(" to let a standby take over"),
        Purpose::Finalise => {
            text.plain(" to finalise release ").and(Label::Strong, &report.release)
        }
    }
}

/// How many steps ended how.
struct Tally {
    done: usize,
    found_done: usize,
    failed: usize,
    waiting: usize,
}

impl Tally {
    fn of(report: &Report) -> Self {
        let mut tally = Self { done: 0, found_done: 0, failed: 0, waiting: 0 };
        for step in &report.steps {
            *match step.outcome {
                Some(
                    StepOutcome::Done
                    | StepOutcome::Seen(_)
                    | StepOutcome::Scanned(_)
                    | StepOutcome::Kept(_)
                    | StepOutcome::LogsRead(_)
                    | StepOutcome::Told(_),
                ) => &mut tally.done,
                Some(StepOutcome::FoundDone) => &mut tally.found_done,
                Some(StepOutcome::Failed(_)) => &mut tally.failed,
                Some(StepOutcome::NotBegun) | None => &mut tally.waiting,
            } += 1;
        }
        tally
    }

    fn verdict(&self, report: &Report) -> Text {
        let whole = self.failed + self.waiting == 0 && report.stopped.is_none();
        let unseen = unseen(report.unknown.len(), report.withheld);
        let text = match unseen.or_else(|| left_as_it_is(report.unreturned.len())) {
            Some(why) => Text::of(Label::Error, "✗ Not complete: ").plain(why),
            None if whole => Text::of(Label::Good, "✓ Complete."),
            None => Text::of(Label::Error, "✗ Not complete."),
        };
        let parts = [
            (self.done, "done"),
            (self.found_done, "found done already"),
            (self.failed, "failed"),
            (self.waiting, "not started"),
        ];
        let said = parts.iter().filter(|(number, _)| *number > 0);
        let said: Vec<String> = said.map(|(number, how)| format!("{number} {how}")).collect();
        text.plain(format!(
            " Of {}: {}.",
            words::count(report.steps.len(), "step"),
            said.join(", ")
        ))
    }
}

/// What the plan did not come to, since it could not be seen.
fn unseen(unknown: usize, withheld: usize) -> Option<String> {
    let number = |number: usize, one: &str, how: &str| {
        (number > 0).then(|| format!("{} {how}", words::count(number, one)))
    };
    let unknown = number(unknown, "host", "unknown");
    let withheld = number(withheld, "change", "withheld");
    let parts: Vec<String> = unknown.into_iter().chain(withheld).collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
}

/// What a rollback did not come to, since nothing leads back there.
fn left_as_it_is(number: usize) -> Option<String> {
    (number > 0).then(|| format!("{} not taken back.", words::count(number, "change")))
}

fn unreturned(report: &Report) -> Vec<Block> {
    if report.unreturned.is_empty() {
        return Vec::new();
    }
    let stays = report.unreturned.iter().map(|it| Text::of(Label::Warning, it));
    vec![Block::heading("Not taken back"), Block::List(stays.collect())]
}

/// A failed step: where, what, how it ended, and the lines that tell why.
fn failure(step: &StepReport) -> Option<Vec<Block>> {
    let Some(StepOutcome::Failed(failure)) = &step.outcome else { return None };
    let heading = Text::of(Label::Error, "✗ Failed: ")
        .and(Label::Strong, StepName::of(&step.step).in_words());
    let mut blocks = vec![Block::heading(heading), Block::Fields(circumstances(step, failure))];
    let command: Vec<String> = failure.command.lines().map(str::to_owned).collect();
    for (what, lines) in
        [("The command:", &command[..]), ("The telling lines of its output:", &failure.output)]
    {
        if !lines.is_empty() {
            blocks.extend([Block::Paragraph(what.into()), Block::Code(lines.to_vec())]);
        }
    }
    if !failure.hint.is_empty() {
        blocks.push(Block::Fields(vec![Field::new("next", failure.hint.as_str())]));
    }
    Some(blocks)
}

fn circumstances(step: &StepReport, failure: &StepFailure) -> Vec<Field> {
    vec![
        Field::new("while", failure.during.as_str()),
        Field::new("ended", Text::of(Label::Error, &failure.ended)),
        Field::new("after", words::about(step.took.duration())),
    ]
}

/// What was not started, by what it waits for.
fn not_started(report: &Report) -> Vec<Block> {
    let waiting: Vec<&StepReport> = report.steps.iter().filter(|it| it.outcome.is_none()).collect();
    if waiting.is_empty() {
        return Vec::new();
    }
    let heading = format!("Not started: {}", words::count(waiting.len(), "step"));
    let mut blocks = vec![Block::heading(heading)];
    for (waits, steps) in group(waiting, |it| it.waits.as_deref()) {
        let waits = waits.unwrap_or("the run stopped before its turn");
        blocks.push(Block::Paragraph(Text::from(waits).plain(":")));
        blocks.push(Block::List(by_kind(&steps)));
    }
    blocks
}

/// The steps, those that do the same on several hosts together.
fn by_kind(steps: &[&StepReport]) -> Vec<Text> {
    let item = |(kind, steps): (String, Vec<&StepReport>)| {
        let before = if kind.is_empty() { kind } else { format!("{kind} on ") };
        Text::from(before).and(Label::Host, hosts(&steps))
    };
    group(steps.iter().copied(), |it| kind(&it.step)).into_iter().map(item).collect()
}

/// What a step does, without its host.
fn kind(step: &str) -> String {
    let name = StepName::of(step);
    name.action.map(|action| format!("{action} {}", name.component)).unwrap_or_default()
}

fn hosts(steps: &[&StepReport]) -> String {
    words::hosts(steps.iter().map(|it| StepName::of(&it.step).host))
}

fn mixed(report: &Report) -> Vec<Block> {
    if report.mixed.is_empty() {
        return Vec::new();
    }
    let heading = Text::of(Label::Warning, "Mixed versions are left behind");
    let items = report.mixed.iter().map(|it| Text::from(it.as_str())).collect();
    vec![Block::heading(heading), Block::List(items)]
}

/// What changes had to leave as it was, before and after.
fn kept(report: &Report) -> Vec<Block> {
    let compared = report.steps.iter().filter_map(|step| match &step.outcome {
        Some(StepOutcome::Kept(kept)) => Some((StepName::of(&step.step), kept)),
        _ => None,
    });
    let items: Vec<Text> = compared
        .flat_map(|(name, kept)| {
            kept.iter().map(move |it| {
                Text::of(Label::Host, name.host).plain(format!(
                    " {}: {}",
                    name.component,
                    it.in_words()
                ))
            })
        })
        .collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::heading("Compared before and after"), Block::List(items)]
}

/// Every step that ran, against its forecast.
fn steps(report: &Report) -> [Block; 2] {
    use Side::{Left, Right};
    let columns =
        [("step", Left), ("host", Left), ("outcome", Left), ("took", Right), ("forecast", Right)];
    let mut table = Table::new(&columns);
    for step in report.steps.iter().filter(|step| step.outcome.is_some()) {
        table.rows.push(Row::new(vec![
            kind(&step.step).into(),
            Text::of(Label::Host, StepName::of(&step.step).host),
            outcome(step.outcome.as_ref()),
            words::about(step.took.duration()).into(),
            words::about(step.forecast.duration()).into(),
        ]));
    }
    [Block::heading("Steps"), Block::Table(table)]
}

/// An outcome in words.
pub(super) fn outcome(outcome: Option<&StepOutcome>) -> Text {
    match outcome {
        Some(StepOutcome::Done | StepOutcome::Kept(_)) => Text::of(Label::Good, "✓ done"),
        Some(StepOutcome::LogsRead(read)) if !read.found.is_empty() => {
            Text::of(Label::Warning, "found something")
        }
        Some(StepOutcome::Seen(_) | StepOutcome::Scanned(_) | StepOutcome::LogsRead(_)) => {
            Text::of(Label::Good, "✓ seen")
        }
        Some(StepOutcome::Told(told)) if told.delivery.is_delivered() => {
            Text::of(Label::Good, "✓ told")
        }
        Some(StepOutcome::Told(_)) => Text::of(Label::Warning, "not told"),
        Some(StepOutcome::FoundDone) => Text::of(Label::Good, "✓ found done"),
        Some(StepOutcome::Failed(_)) => Text::of(Label::Error, "✗ failed"),
        Some(StepOutcome::NotBegun) | None => Text::of(Label::Dim, "not started"),
    }
}

fn closing(report: &Report) -> Vec<Field> {
    let stays = report.stays.iter().map(|what| Field::new("kept", what.as_str()));
    let mut fields: Vec<Field> = stays.collect();
    fields.push(Field::new("recorded", report.recorded.as_str()));
    if !report.next.is_empty() {
        fields.push(Field::new("go on", Text::of(Label::Code, &report.next)));
    }
    if !report.back.is_empty() {
        fields.push(Field::new("go back", Text::of(Label::Code, &report.back)));
    }
    fields
}

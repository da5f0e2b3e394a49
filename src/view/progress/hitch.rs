//! What does not go as planned, and what people ask of a run, in one line each.

use super::track::{title, word};
use crate::apply::Event;
use crate::state::StepOutcome;
use crate::view::document::{Label, Text};
use crate::view::words;

/// The line for `event`, if it is one of these.
pub(super) fn line(event: &Event) -> Option<Text> {
    Some(match event {
        Event::HostLost { step, host, problem, left } => {
            word(Label::Warning, "cut off").and(Label::Host, host.as_str()).plain(format!(
                ": {problem}; it is tried again for at most {}, for {}",
                words::about(*left),
                title(step)
            ))
        }
        Event::HostBack { step, host } => word(Label::Good, "back")
            .and(Label::Host, host.as_str())
            .plain(format!(": {} goes on", title(step))),
        Event::Retrying { step, outcome, attempt, after } => word(Label::Warning, "retrying")
            .plain(format!(
                "{} in {}, attempt {attempt}: {}",
                title(step),
                words::about(*after),
                why(outcome)
            )),
        Event::Paused { by, running } => {
            list(word(Label::Warning, "paused").plain(by), "still running", running)
                .plain("; `mdc go-on` lets it go on, `mdc stop` ends it")
        }
        Event::GoesOn { by } => word(Label::Good, "going on").plain(by),
        Event::Cancelling { by, running } => {
            list(word(Label::Warning, "ending").plain(by), "ending on their hosts", running)
        }
        Event::Stopping { reason, running } => {
            list(word(Label::Warning, "stopping").plain(reason), "waiting for the end of", running)
        }
        Event::NotCopied { host, why } => word(Label::Warning, "no copy")
            .and(Label::Host, host.as_str())
            .plain(format!(
                ": the record of this run is not there: {why}; the run goes on, and it is tried again"
            )),
        Event::SentOtherwise { step, why } => {
            word(Label::Warning, "instead").plain(format!("{}: {why}", title(step)))
        }
        Event::KeyStays { step, relay, why } => word(Label::Warning, "key left")
            .and(Label::Host, relay.as_str())
            .plain(format!(
                ": the key of {} could not be taken from there, and ends by itself: {why}",
                title(step)
            )),
        Event::LeftBehind { host, why } => word(Label::Warning, "left")
            .and(Label::Host, host.as_str())
            .plain(format!(": the run's files there could not be removed: {why}")),
        Event::Told { told } => {
            let delivered = told.delivery.is_delivered();
            let (label, how) =
                if delivered { (Label::Good, "told") } else { (Label::Warning, "not told") };
            word(label, how).plain(told.in_words())
        }
        _ => return None,
    })
}

fn why(outcome: &StepOutcome) -> String {
    match outcome {
        StepOutcome::Failed(failure) => format!("{}: {}", failure.during, failure.ended),
        _ => String::new(),
    }
}

fn list(text: Text, what: &str, running: &[String]) -> Text {
    if running.is_empty() {
        return text;
    }
    let names: Vec<String> = running.iter().map(|step| title(step)).collect();
    text.plain(format!("; {what} {}", names.join(", ")))
}

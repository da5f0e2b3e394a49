//! Counts what becomes of files, with every step during whose time it happened.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::account::{LoadAccount, StepLoad, Tally};
use crate::manifest::Load;
use crate::value::Period;

/// Steps that are told apart: the account is one line of a journal, whose length is limited.
const MOST_STEPS: usize = 1_000;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Finished { took: Duration },
    Failed,
    Refused,
    Lost,
    Open,
    HeldUp,
}

/// A span of the probe's own time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Duration,
    pub(super) to: Duration,
}

#[derive(Debug)]
struct Step {
    id: String,
    from: Duration,
    /// None while it runs.
    to: Option<Duration>,
    tally: Tally,
}

/// All that is counted.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    steps: Vec<Step>,
    /// The places of running steps.
    running: BTreeMap<String, usize>,
    whole: Tally,
    /// When a file was accepted last; at first, when the load began.
    accepted: Duration,
    problem: Option<String>,
}

impl Ledger {
    /// Nothing could be submitted, for this reason.
    pub(super) fn without_gateway(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    pub(super) fn begins(&mut self, id: &str, at: Duration) {
        self.running.insert(id.to_owned(), self.steps.len());
        self.steps.push(Step { id: id.to_owned(), from: at, to: None, tally: Tally::default() });
    }

    pub(super) fn ends(&mut self, id: &str, at: Duration) {
        let place = self.running.remove(id);
        if let Some(step) = place.and_then(|place| self.steps.get_mut(place)) {
            step.to = Some(at);
        }
    }

    /// A file whose life was `life` came to this.
    pub(super) fn count(&mut self, fate: Fate, life: Span, slow: Duration) {
        let mut one = Tally { submitted: 1, ..Tally::default() };
        match fate {
            Fate::Finished { took } => {
                one.finished = 1;
                one.slow = u64::from(took > slow);
                one.slowest = period(took);
            }
            Fate::Failed => one.failed = 1,
            Fate::Refused => one.refused = 1,
            Fate::Lost => one.lost = 1,
            Fate::Open => one.open = 1,
            Fate::HeldUp => (one.submitted, one.held_up) = (0, 1),
        }
        self.add(&one, life);
    }

    /// A file was accepted, or the load ended: until now none was.
    pub(super) fn accepted(&mut self, at: Duration) {
        let gap = Span { from: self.accepted, to: at };
        self.accepted = at;
        self.whole.longest_gap = self.whole.longest_gap.max(period(length(gap)));
        for step in self.steps.iter_mut().filter(|step| step.overlaps(gap)) {
            // Of a gap a step has only its own part.
            let to = step.to.unwrap_or(gap.to).min(gap.to);
            let part = period(length(Span { from: step.from.max(gap.from), to }));
            step.tally.longest_gap = step.tally.longest_gap.max(part);
        }
    }

    fn add(&mut self, one: &Tally, life: Span) {
        self.whole.add(one);
        for step in self.steps.iter_mut().filter(|step| step.overlaps(life)) {
            step.tally.add(one);
        }
    }

    pub(super) fn account(self, load: &Load) -> LoadAccount {
        let counted = |step: &Step| step.tally.submitted + step.tally.held_up > 0;
        let mut steps: Vec<Step> = self.steps.into_iter().filter(counted).collect();
        let all = steps.len();
        if all > MOST_STEPS {
            steps.sort_by_key(|step| Reverse(step.tally.troubles()));
            steps.truncate(MOST_STEPS);
            steps.sort_by_key(|step| step.from);
        }
        LoadAccount {
            more_steps: (all - steps.len()) as u64,
            size: load.size,
            at_once: load.at_once,
            every: load.every,
            slow_after: load.slow,
            lost_after: load.within,
            may_lose: load.may_lose,
            problem: self.problem,
            whole: self.whole,
            steps: steps
                .into_iter()
                .map(|Step { id, tally, .. }| StepLoad { step: id, tally })
                .collect(),
        }
    }
}

impl Step {
    fn overlaps(&self, span: Span) -> bool {
        self.from <= span.to && self.to.is_none_or(|to| span.from <= to)
    }
}

impl Tally {
    fn add(&mut self, one: &Self) {
        self.submitted += one.submitted;
        self.finished += one.finished;
        self.slow += one.slow;
        self.failed += one.failed;
        self.refused += one.refused;
        self.lost += one.lost;
        self.open += one.open;
        self.held_up += one.held_up;
        self.slowest = self.slowest.max(one.slowest);
    }
}

const fn length(span: Span) -> Duration {
    span.to.saturating_sub(span.from)
}

fn period(time: Duration) -> Period {
    Period::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_with_every_step_of_its_life() {
        let at = Duration::from_secs;
        let span = |from, to| Span { from: at(from), to: at(to) };
        let mut ledger = Ledger::default();
        ledger.accepted(at(1));
        ledger.begins("a", at(2));
        ledger.count(Fate::Finished { took: at(1) }, span(0, 1), at(5));
        ledger.count(Fate::Finished { took: at(6) }, span(1, 7), at(5));
        ledger.ends("a", at(4));
        ledger.begins("b", at(6));
        ledger.begins("c", at(9));
        ledger.count(Fate::Lost, span(8, 12), at(5));
        ledger.ends("b", at(10));
        ledger.count(Fate::Refused, span(11, 11), at(5));
        ledger.accepted(at(12));
        let tallies: Vec<_> = ledger
            .steps
            .iter()
            .map(|step| {
                let Tally { submitted, finished, slow, lost, refused, longest_gap, .. } =
                    step.tally;
                (step.id.as_str(), [submitted, finished, slow, lost, refused], longest_gap)
            })
            .collect();
        // `b` began before the second file's end was counted, but after its life ended it did not.
        assert_eq!(
            tallies,
            [
                ("a", [1, 1, 1, 0, 0], Period::seconds(2)),
                ("b", [1, 0, 0, 1, 0], Period::seconds(4)),
                ("c", [2, 0, 0, 1, 1], Period::seconds(3)),
            ]
        );
        let Tally { submitted, finished, slowest, longest_gap, .. } = ledger.whole;
        assert_eq!((submitted, finished), (4, 2));
        assert_eq!((slowest, longest_gap), (Period::seconds(6), Period::seconds(11)));
    }

    #[test]
    fn of_very_many_steps_those_are_kept_during_which_most_went_wrong() {
        let mut ledger = Ledger::default();
        let at = Duration::from_secs;
        for number in 0..5_000 {
            let id = format!("host-{number}/md-core/upgrade");
            ledger.begins(&id, at(number * 10));
            let fate = if number >= 4_500 { Fate::Lost } else { Fate::Failed };
            let now = at(number * 10 + 5);
            ledger.count(fate, Span { from: now, to: now }, at(1));
            ledger.ends(&id, at(number * 10 + 9));
        }
        let (manifest, _) = crate::manifest::parse(
            "mdc.toml",
            "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"t\"\nrelease = \"r\"\n\
             [connections.here.local]\n[hosts.gw]\nos = \"debian-12\"\nconnection = \"here\"\n\
             components = [\"api-gateway\"]\n[scan]\nurl = \"https://gw\"\n[load]\nsize = \"1B\"\n",
            "".into(),
        );
        let account = ledger.account(&manifest.unwrap().load.unwrap());
        assert_eq!((account.steps.len(), account.more_steps), (1_000, 4_000));
        assert_eq!(account.steps.iter().filter(|step| step.tally.lost > 0).count(), 500);
        assert_eq!(account.steps[0].step, "host-0/md-core/upgrade");
        assert!(serde_json::to_vec(&account).unwrap().len() < 500_000);
    }
}

//! Copies of the record of a run on hosts of the cluster, so that a lost controller loses nothing.
//! They follow the journal within moments and nobody waits for them: a step whose intent is missing
//! from a copy is still found by the id of its job.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::connections::Dial;
use super::control::Message;
use super::event::Event;
use super::refusals::Refusals;
use crate::address::HostName;
use crate::state::Run;
use crate::transport::{Connection, Failure, Order, PART, Problem, Tenure, Verdict};

/// How many hosts keep a copy.
const COPIES: usize = 2;
/// How soon a copy that could not be made is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The files of a record, by the names that they have in it.
const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal.jsonl";

/// What is copied where.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The text of the run's plan.
    pub plan: String,
    /// The text of its journal until now.
    pub journal: String,
    /// The hosts that may keep a copy, best first.
    pub hosts: Vec<HostName>,
}

type Line = (u64, String);

/// Copies every line that `run` writes from now on, in threads of `scope`, until
/// [`Journal::copy_to`](crate::state::Journal::copy_to) is told of something else.
pub(super) fn begin<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    (dial, tenure): (&'env Dial<'env>, &'env Tenure),
    (run, copied): (&mut Run, &'env Copied),
    tell: &Sender<Message>,
) {
    // Whoever has nobody to keep a copy may listen to the journal otherwise.
    if copied.hosts.is_empty() {
        return;
    }
    let mut lines: Vec<Sender<Line>> = Vec::new();
    for (place, first) in copied.hosts.iter().enumerate().take(COPIES) {
        let (sender, receiver) = channel();
        let keeper = Keeper {
            dial,
            tenure,
            run: run.id.clone(),
            plan: &copied.plan,
            journal: copied.journal.clone(),
            first,
            // Each has hosts of its own to fall back on.
            others: copied.hosts.iter().skip(place + COPIES).step_by(COPIES).collect(),
            tell: tell.clone(),
            is_told: false,
            refused: BTreeMap::new(),
        };
        scope.spawn(move || keeper.work(&receiver));
        lines.push(sender);
    }
    run.journal.copy_to(Box::new(move |offset, text| {
        for line in &lines {
            let _ = line.send((offset, text.to_owned()));
        }
    }));
}

/// Ends the copying; the threads bring what they have to its end.
pub(super) fn end(run: &mut Run) {
    run.journal.copy_to(Box::new(|_, _| {}));
}

/// Keeps one copy.
struct Keeper<'a> {
    dial: &'a Dial<'a>,
    tenure: &'a Tenure,
    run: String,
    plan: &'a str,
    journal: String,
    first: &'a HostName,
    others: Vec<&'a HostName>,
    tell: Sender<Message>,
    is_told: bool,
    /// The hosts that let nobody in, and when each may be asked again, if ever.
    refused: BTreeMap<&'a HostName, (Refusals, Option<Instant>)>,
}

/// A host that has the plan, and so much of the journal.
struct Kept {
    host: HostName,
    connection: Box<dyn Connection>,
    journal: u64,
}

/// Why a copy is not what it should be: on which host, and why.
type Trouble = (HostName, String);

impl<'a> Keeper<'a> {
    fn work(mut self, lines: &Receiver<Line>) {
        let mut kept = None;
        let mut is_behind = true;
        loop {
            if is_behind {
                is_behind = !self.bring_up(&mut kept);
            }
            let heard = if is_behind {
                lines.recv_timeout(AGAIN)
            } else {
                lines.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match heard {
                Ok(first) => {
                    is_behind = true;
                    for line in std::iter::once(first).chain(lines.try_iter()) {
                        self.take(&line);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) if is_behind => {
                    self.bring_up(&mut kept);
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, (offset, text): &Line) {
        if *offset == self.journal.len() as u64 {
            self.journal.push_str(text);
        }
    }

    /// Brings a host's copy up to what the journal has; says when that fails, once.
    fn bring_up(&mut self, kept: &mut Option<Kept>) -> bool {
        let brought = match kept.take() {
            Some(kept) => self.bring(kept),
            None => self.find().and_then(|kept| self.bring(kept)),
        };
        match brought {
            Ok(now) => {
                *kept = Some(now);
                self.is_told = false;
                true
            }
            Err((host, why)) => {
                if !std::mem::replace(&mut self.is_told, true) {
                    let _ = self.tell.send(Message::Happened(Event::NotCopied { host, why }));
                }
                false
            }
        }
    }

    fn bring(&self, mut kept: Kept) -> Result<Kept, Trouble> {
        let connection = kept.connection.as_mut();
        let file = (JOURNAL, self.journal.as_str());
        kept.journal = self.keep((&kept.host, connection), file, kept.journal)?;
        Ok(kept)
    }

    /// Gives the plan to the first host that takes it.
    fn find(&mut self) -> Result<Kept, Trouble> {
        let mut first = None;
        let hosts: Vec<_> =
            std::iter::once(self.first).chain(self.others.iter().copied()).collect();
        for host in hosts {
            let given = self.reach(host).and_then(|mut connection| {
                self.keep((host, connection.as_mut()), (PLAN, self.plan), 0)?;
                Ok(connection)
            });
            match given {
                Ok(connection) => return Ok(Kept { host: host.clone(), connection, journal: 0 }),
                Err(trouble) => first = first.or(Some(trouble)),
            }
        }
        Err(first.unwrap_or_else(|| (self.first.clone(), "it is the only one".to_owned())))
    }

    /// Connects to `host`. One that lets nobody in is not asked for every line, which could lock the account.
    fn reach(&mut self, host: &'a HostName) -> Result<Box<dyn Connection>, Trouble> {
        if let Some((_, when)) = self.refused.get(host)
            && when.is_none_or(|when| Instant::now() < when)
        {
            return Err((host.clone(), "it has let nobody in".to_owned()));
        }
        let reached = (self.dial)(host);
        match &reached {
            Err(Failure {
                problem: problem @ (Problem::Login(_) | Problem::Refused(_)), ..
            }) => {
                let (refusals, when) = self.refused.entry(host).or_default();
                *when = refusals.again(problem).map(|pause| Instant::now() + pause);
            }
            _ => drop(self.refused.remove(host)),
        }
        reached.map_err(|failure| (host.clone(), failure.problem.to_string()))
    }

    /// Makes the file what `text` is, from `offset` on; returns its length there.
    fn keep(
        &self,
        (host, connection): (&HostName, &mut dyn Connection),
        (file, text): (&str, &str),
        mut offset: u64,
    ) -> Result<u64, Trouble> {
        loop {
            let rest = usize::try_from(offset).ok().and_then(|at| text.get(at..));
            let part = first_part(rest.unwrap_or_default());
            if part.is_empty() {
                return Ok(offset);
            }
            let order = Order::Keep { run: &self.run, file, offset, content: part };
            let after = offset + part.len() as u64;
            let why = match connection.order(self.tenure, &order) {
                Ok(Verdict::Has(has)) if has == after => {
                    offset = after;
                    continue;
                }
                // It has less than was thought: somebody removed it.
                Ok(Verdict::Has(has)) if has < offset => {
                    offset = has;
                    continue;
                }
                Ok(Verdict::Cannot(why)) => why,
                Ok(Verdict::Fenced { fence, holder }) => {
                    format!("it obeys a newer lease, number {fence}, of {holder}")
                }
                Ok(other) => format!("its answer doesn't fit: {other:?}"),
                Err(failure) => failure.problem.to_string(),
            };
            return Err((host.clone(), why));
        }
    }
}

/// As much of `text` as goes over at once.
fn first_part(text: &str) -> &str {
    let mut end = text.len().min(PART);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;

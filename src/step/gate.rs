//! Gates: what has to be so before stage 2. Each command only looks.

use crate::address::{ComponentName, HostName};
use crate::catalog::Format;
use crate::diff::Promise;
use crate::manifest::{ConfirmGate, HistoryGate, IdleGate};
use crate::transport::{Account, Command, Counted, Rounds, Task};
use crate::value::Period;

/// Time for one sample.
const SAMPLE: Period = Period::seconds(30);
/// Time for seeing that people have done something.
const VERIFY: Period = Period::seconds(60);

/// The command that prints how much is still to be done; asked again and again until it is nothing.
#[must_use]
pub fn await_idle(unit: &str, ask: &str, gate: &IdleGate) -> Command {
    Command {
        run: ask.to_owned(),
        // RabbitMQ's own tool, for one, reads a cookie that root and its service's user may read.
        account: Account::Root,
        within: SAMPLE,
        task: Task::AwaitIdle {
            unit: unit.to_owned(),
            samples: gate.samples,
            every: gate.every,
            give_up: gate.within,
        },
    }
}

/// What stands for asking a route how many scans are in progress; asked again and again until it is none.
#[must_use]
pub fn await_history(history: &HistoryGate, gate: &IdleGate) -> Command {
    let HistoryGate { url, pointer, header, api_key, .. } = history;
    let IdleGate { samples, every, within: give_up } = *gate;
    let key = api_key.as_ref().map(|_| format!(", with the key as `{header}`")).unwrap_or_default();
    let place = if pointer.is_empty() { "the list that is answered" } else { pointer };
    let (url, pointer) = (url.clone(), pointer.clone());
    Command {
        run: format!("GET {url}{key}; {place} counts the scans in progress"),
        account: Account::Login,
        within: SAMPLE,
        task: Task::AwaitHistory(Counted { url, pointer, samples, every, give_up }),
    }
}

/// What stands for asking `of` that can tell how much is still to be done, all in one round.
#[must_use]
pub fn await_all_idle(of: usize, gate: &IdleGate) -> Command {
    let IdleGate { samples, every, within: give_up } = *gate;
    let task = Task::AwaitAllIdle(Rounds { of, samples, every, give_up });
    Command { run: String::new(), account: Account::Login, within: SAMPLE, task }
}

/// What stands for asking all that have a component, but those `without`, until so many are healthy.
#[must_use]
pub fn await_healthy(component: &ComponentName, promise: &Promise, rest: Rest) -> Command {
    let Rest { without, give_up } = rest;
    Command {
        run: String::new(),
        account: Account::Login,
        // One of them may take as long as a check takes.
        within: Period::seconds(give_up.whole_seconds() + SAMPLE.whole_seconds()),
        task: Task::AwaitHealthy {
            component: component.to_string(),
            at_least: promise.healthy,
            of: promise.hosts,
            without,
            give_up,
        },
    }
}

/// What else a question to all that have a component needs.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Those that are not asked.
    pub without: Vec<HostName>,
    /// When it is given up.
    pub give_up: Period,
}

/// The command that sees that people have done what `gate` asks them for; without one they confirm it.
#[must_use]
pub fn confirm(component: &str, gate: &ConfirmGate, format: Format) -> Command {
    let verified = gate.verify.is_some();
    let nothing = if format == Format::Msi { "$true" } else { "true" };
    Command {
        run: gate.verify.clone().unwrap_or_else(|| nothing.to_owned()),
        account: Account::Root,
        within: VERIFY,
        task: Task::Confirm {
            component: component.to_owned(),
            text: gate.text.clone(),
            verified,
            give_up: gate.within,
        },
    }
}

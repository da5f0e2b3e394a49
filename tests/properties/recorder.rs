//! A connection that keeps what it is asked to run: nothing runs that isn't in the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mdc::address::HostName;
use mdc::plan::Plan;
use mdc::transport::{Command, Connection, Failure, Order, Output, Questions, Tenure, Verdict};

/// What ran, by host.
pub(crate) type Ran = Arc<Mutex<BTreeMap<HostName, BTreeSet<String>>>>;

/// A connection that keeps what it is asked to run.
pub(crate) struct Recorder {
    pub(crate) host: HostName,
    pub(crate) inner: Box<dyn Connection>,
    pub(crate) ran: Ran,
}

impl Recorder {
    fn keep(&self, command: &Command) {
        let mut ran = self.ran.lock().unwrap();
        ran.entry(self.host.clone()).or_default().insert(command.run.clone());
    }
}

impl Connection for Recorder {
    fn run(&mut self, command: &Command, input: Option<&mut dyn Read>) -> Result<Output, Failure> {
        self.keep(command);
        self.inner.run(command, input)
    }

    fn ask(&mut self, questions: &Questions, within: Duration) -> Result<Vec<u8>, Failure> {
        self.inner.ask(questions, within)
    }

    fn order(&mut self, tenure: &Tenure, order: &Order<'_>) -> Result<Verdict, Failure> {
        if let Order::Attend { command, .. } = order {
            self.keep(command);
        }
        self.inner.order(tenure, order)
    }
}

/// What `plan` says that each host runs: of its steps, and of those who ask it.
fn said(plan: &Plan) -> BTreeMap<HostName, BTreeSet<String>> {
    let mut said: BTreeMap<HostName, BTreeSet<String>> = BTreeMap::new();
    let mut add = |host: &HostName, commands: &[Command]| {
        said.entry(host.clone()).or_default().extend(commands.iter().map(|it| it.run.clone()));
    };
    for step in &plan.steps {
        add(&step.host, &step.commands);
        for need in &step.needs_healthy {
            add(&need.host, &need.check.list());
        }
    }
    for member in plan.members.values().chain(plan.asked.values()).flat_map(|all| &all.0) {
        add(&member.host, &member.check.list());
    }
    said
}

/// Nothing ran that is not in the plan, and something did.
pub(crate) fn ran_only_what_is_said(plan: &Plan, ran: &Ran) {
    let (said, ran) = (said(plan), ran.lock().unwrap());
    for (host, ran) in ran.iter() {
        let of_host = said.get(host).cloned().unwrap_or_default();
        let foreign: Vec<&String> = ran.difference(&of_host).collect();
        assert!(foreign.is_empty(), "{host} ran what the plan doesn't say: {foreign:#?}");
    }
    assert!(plan.steps.iter().all(|step| !step.is_change()) || !ran.is_empty());
}

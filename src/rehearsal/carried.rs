//! Carrying out on a twin, by the same engine as on real hosts.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use jiff::Timestamp;

use super::{Error, Twin};
use crate::apply::{self, Apply, Copied, Ending, Event, Inbox, Telling};
use crate::plan::Plan;
use crate::scan::Trouble;
use crate::state::{Claim, Lease, Local, Record, Run, Store};
use crate::transport::Tenure;

/// How a run is carried out.
pub(super) struct Manner<'a> {
    /// So many steps at a time.
    pub(super) at_once: NonZeroUsize,
    /// By which it can be stopped.
    pub(super) inbox: Inbox,
    /// The component of which nobody confirms anything.
    pub(super) unconfirmed: Option<&'a str>,
    /// Hears every event.
    pub(super) listen: &'a mut dyn FnMut(Option<Event>),
}

/// The right to change a twin, and its own record of runs.
pub(super) struct Hold<'t, 'd> {
    twin: &'t Twin<'d>,
    store: Local,
    lease: Lease,
    tenure: Tenure,
}

impl<'t, 'd> Hold<'t, 'd> {
    pub(super) fn take(twin: &'t Twin<'d>) -> Result<Self, Error> {
        let store = Local::new(twin.path("state"));
        let claim = Claim {
            user: "a rehearsal".to_owned(),
            host: "a simulated twin".to_owned(),
            purpose: "mdc rehearse".to_owned(),
            above: 0,
        };
        let lease = store.acquire(&claim, None)?;
        let site = "twin".to_owned();
        let tenure = Tenure { site, fence: lease.fence(), holder: claim.purpose };
        Ok(Self { twin, store, lease, tenure })
    }

    pub(super) fn begin(&self, plan: Plan) -> Result<Run, Error> {
        Ok(self.store.begin(&self.lease, plan, (Timestamp::now(), &[]))?)
    }

    pub(super) fn open(&self, run: &str) -> Result<Run, Error> {
        Ok(self.store.open(&self.lease, run)?)
    }

    pub(super) fn records(&self, run: &str) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        self.store.read(run, &mut |record| records.push(record))?;
        Ok(records)
    }

    /// Carries out what is left of `run`. People confirm what they are asked for.
    pub(super) fn carry_out(&self, run: &mut Run, manner: Manner<'_>) -> Result<Ending, Error> {
        let Manner { at_once, inbox, unconfirmed, listen } = manner;
        let components = run.plan.steps.iter().map(|step| step.component.to_string());
        let asked = components.filter(|name| unconfirmed != Some(name));
        let confirmed: BTreeMap<_, _> = asked.map(|name| (name, "twin".to_owned())).collect();
        let copied = Copied { plan: String::new(), journal: String::new(), hosts: Vec::new() };
        let nowhere = || Err(Trouble::Here("a twin has no API Gateway".to_owned()));
        let cores = self.twin.cores();
        let apply = Apply {
            dial: &|host| self.twin.dial(host),
            packages: self.twin.packages(),
            in_flight: (u64::MAX, u64::MAX),
            at_once,
            tenure: &self.tenure,
            patience: Duration::ZERO,
            copied: &copied,
            confirmed: &confirmed,
            gateway: &nowhere,
            history: &|| Err(Trouble::Here("a twin has no history of scans".to_owned())),
            center: None,
            cores: cores.as_ref(),
            telling: &Telling { notices: &[], folder: self.twin.folder(), next: "" },
            clock: &Timestamp::now,
        };
        Ok(apply::run(&apply, run, inbox, listen)?)
    }
}

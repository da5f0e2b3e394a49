//! The simulated twin of a cluster: its hosts as they were observed, in a folder of its own.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::adapted::{self, LeftOut, adapted};
use super::carried::{Hold, Manner};
use super::compare::differences;
use super::scratch::Scratch;
use super::{Error, facts};
use crate::address::HostName;
use crate::apply::{Event, Inbox};
use crate::cores::{Cores, Depth};
use crate::desired::Desired;
use crate::observe::{
    self, CoreState, FileState, HostState, Limits, Observed, SecretState, gather,
};
use crate::plan::Plan;
use crate::report::{self, Report, Ways};
use crate::state::Record;
use crate::transport::simulated::{Fleet, known_secret};
use crate::transport::{Connection, Failure, Problem};

/// The twin of a cluster. Its folder is gone when it is dropped.
#[derive(Debug)]
pub struct Twin<'d> {
    desired: &'d Desired,
    /// The folder that package files are relative to.
    packages: &'d Utf8Path,
    /// What it was made from.
    observed: &'d Observed,
    hosts: BTreeSet<HostName>,
    scratch: Scratch,
}

/// A plan that was carried out on a twin, undisturbed.
#[derive(Debug)]
pub struct Whole<'d> {
    /// The twin as it was before.
    pub(super) twin: Twin<'d>,
    /// What the twin has carried out: the plan as far as a twin can.
    pub plan: Plan,
    /// What of the plan a twin can't carry out.
    pub left_out: Vec<LeftOut>,
    /// How the twin differed, before the run, from what it was made from, in words.
    pub unlike: Vec<String>,
    /// The records of the run's journal.
    pub records: Vec<Record>,
    /// The account of the run.
    pub report: Report,
    /// What was there before.
    pub(super) before: Observed,
    /// What is there after it.
    pub after: Observed,
}

impl<'d> Twin<'d> {
    /// The twin of the cluster that should be as `desired` and was seen as `observed`. `packages`: the
    /// folder that package files are relative to. A host that could not be read has none.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn new(
        desired: &'d Desired,
        packages: &'d Utf8Path,
        observed: &'d Observed,
    ) -> Result<Self, Error> {
        let scratch = Scratch::new()?;
        let mut twin = Self { desired, packages, observed, hosts: BTreeSet::new(), scratch };
        twin.scratch.write(adapted::SECRET, "no secret")?;
        for (host, state) in &observed.hosts {
            let HostState::Known(known) = state else { continue };
            let Some(facts) = facts::of(desired, host, known) else { continue };
            twin.fleet().make(host, facts)?;
            twin.hosts.insert(host.clone());
        }
        twin.license()?;
        Ok(twin)
    }

    /// Lets MD Core instances play the parts that they were seen in.
    fn license(&self) -> Result<(), Error> {
        let licences = self.fleet().licences();
        for host in self.desired.standby.iter().flat_map(|standby| standby.cores.keys()) {
            let made = match self.observed.cores.get(host) {
                Some(CoreState::Known(facts)) => licences.make(host, facts.clone()),
                Some(CoreState::Unknown(why)) => licences.set_reach(host, Some(&why.reason)),
                None => licences.set_reach(host, Some("it was not asked")),
            };
            made.map_err(|why| Error::Instance { host: host.clone(), why })?;
        }
        Ok(())
    }

    /// The ways to its MD Core instances, none of which leads out of its folder.
    pub(super) fn cores(&self) -> Option<Cores> {
        let settings = self.desired.standby.clone()?;
        let all =
            settings.cores.keys().map(|host| (host.clone(), self.fleet().licences())).collect();
        Some(Cores::new(settings, self.folder().to_owned(), all))
    }

    /// Where all of it is.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        self.scratch.path()
    }

    /// What is seen on the twin, with the same questions as on real hosts.
    #[must_use]
    pub fn observe(&self) -> Observed {
        let mut observed = gather(
            self.desired,
            Limits::default(),
            &|host| self.dial(host),
            &Timestamp::now,
            &mut |_, _| {},
        );
        if let Some(cores) = self.cores() {
            observed.cores = observe::cores(&cores, Depth::Whole);
        }
        for (host, state) in &mut observed.hosts {
            match state {
                HostState::Known(known) => {
                    let components = known.components.values_mut();
                    components.flat_map(|it| it.files.values_mut()).for_each(judge);
                }
                HostState::Unknown(why) => {
                    if let Some(HostState::Unknown(then)) = self.observed.hosts.get(host) {
                        *why = then.clone();
                    }
                }
            }
        }
        observed
    }

    /// Carries `plan` out on this twin, so many steps at a time, until `inbox` asks it to stop; `listen`
    /// hears what [`crate::apply::run`] tells.
    ///
    /// # Errors
    /// When it can't be recorded in the twin's folder. A step that fails is told in the report.
    pub fn carry_out(
        self,
        plan: &Plan,
        (at_once, inbox): (NonZeroUsize, Inbox),
        listen: &mut dyn FnMut(Option<Event>),
    ) -> Result<Whole<'d>, Error> {
        let (plan, left_out) = adapted(plan);
        let before = self.observe();
        let used = self.again()?;
        let hold = Hold::take(&used)?;
        let mut run = hold.begin(plan.clone())?;
        let ending =
            hold.carry_out(&mut run, Manner { at_once, inbox, unconfirmed: None, listen })?;
        let report = report::of(&plan, &run.id, &ending, "a simulated twin", Ways::default());
        let records = hold.records(&run.id)?;
        let (after, unlike) = (used.observe(), differences(&before, self.observed));
        Ok(Whole { twin: self, plan, left_out, unlike, records, report, before, after })
    }

    /// Another one in the same state.
    pub(super) fn again(&self) -> Result<Self, Error> {
        Ok(Self { hosts: self.hosts.clone(), scratch: self.scratch.copy()?, ..*self })
    }

    pub(super) fn fleet(&self) -> Fleet {
        Fleet::new(self.path("hosts"))
    }

    pub(super) fn path(&self, name: &str) -> Utf8PathBuf {
        self.scratch.path().join(name)
    }

    pub(super) const fn desired(&self) -> &'d Desired {
        self.desired
    }

    pub(super) const fn packages(&self) -> &Utf8Path {
        self.packages
    }

    pub(super) fn dial(&self, host: &HostName) -> Result<Box<dyn Connection>, Failure> {
        if self.hosts.contains(host) {
            return self.fleet().dial(host);
        }
        Err(Failure {
            host: host.clone(),
            during: "connect to a simulated host".to_owned(),
            problem: Problem::Here("it could not be read, and has no twin".to_owned()),
            hint: "make it readable, observe again, then rehearse again".to_owned(),
        })
    }
}

impl Whole<'_> {
    /// Whether every step of the twin's plan is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let is_done = |step: &report::StepReport| {
            step.outcome.as_ref().is_some_and(crate::state::StepOutcome::is_done)
        };
        self.report.steps.iter().all(is_done)
    }
}

/// Puts what is known of secrets in the place of their fingerprints, which are none on a twin.
fn judge(file: &mut FileState) {
    let FileState::There(there) = file else { return };
    for state in there.secrets.values_mut() {
        if let SecretState::Fingerprint(fingerprint) = state {
            *state = known_secret(fingerprint);
        }
    }
}

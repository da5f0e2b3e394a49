//! One at a time: who may work on a cluster, under which fencing number, and what others ask of
//! them.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Asked, Process};

/// For how long a holder is taken to be alive after its last sign of life. One that can't give a sign
/// for so long has to stop.
pub const ALIVE: Duration = Duration::from_secs(90);

/// Who wants to work on a cluster, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The user, as the controller knows them: `ops (uid 1000)`.
    pub user: String,
    /// The controller's name.
    pub host: String,
    /// The command: `mdc apply mdc.toml`.
    pub purpose: String,
    /// A fencing number that is known from elsewhere, such as the hosts: the new one is higher.
    pub above: u64,
}

/// Who has, or had, the lease of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Holder {
    /// The fencing number: higher than every one before.
    pub fence: u64,
    /// A random word that no other holder has.
    pub token: String,
    /// The user.
    pub user: String,
    /// The controller's name.
    pub host: String,
    /// The process there.
    pub process: Process,
    /// The command.
    pub purpose: String,
    /// The run that is worked on, once there is one.
    pub run: Option<String>,
    /// The seal of its plan.
    pub plan: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// From whom the lease was taken by force, and why.
    pub forced: Option<Forced>,
    /// When the lease was given back.
    pub released: Option<Timestamp>,
}

/// A lease that was taken from somebody who may still have been at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Forced {
    /// From whom, in words.
    pub from: String,
    /// Why, in the words of those who did it.
    pub reason: String,
}

/// What a store knows of the last holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Who.
    pub holder: Holder,
    /// How long ago it last gave a sign of life, by the store's clock.
    pub silent: Duration,
}

/// Why a lease is no lease any more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LeaseLost {
    /// Somebody else has it.
    #[error("the lease was taken over: {0}")]
    Taken(String),
    /// No sign of life could be given for so long that others may take it.
    #[error("the lease could not be kept alive in {place} for {}s: {problem}", ALIVE.as_secs())]
    Silent {
        /// The store.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// A store's side of a lease. Dropping it gives the lease back.
pub(super) trait Grip: Send + Sync {
    /// Gives a sign of life, and fetches the next request.
    fn beat(&self) -> Result<Option<Asked>, LeaseLost>;
}

/// The right to work on a cluster, until it is dropped or lost.
pub struct Lease {
    holder: Holder,
    grip: Box<dyn Grip>,
}

impl Lease {
    pub(super) fn new(holder: Holder, grip: Box<dyn Grip>) -> Self {
        Self { holder, grip }
    }

    /// Its fencing number.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.holder.fence
    }

    /// Its holder as it was when the lease was taken.
    #[must_use]
    pub const fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Gives a sign of life, and returns what another terminal asked for, each request once. To be
    /// called about every two seconds.
    ///
    /// # Errors
    /// When the lease is lost: then nothing may be begun any more.
    pub fn beat(&self) -> Result<Option<Asked>, LeaseLost> {
        self.grip.beat()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl Holder {
    /// The holder that `claim` makes after one with the fence `last`. Fences grow with the clock too, so that they grow
    /// when a cluster gets another store.
    pub(super) fn next(claim: &Claim, last: u64, (token, now): (String, Timestamp)) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let before = last.max(claim.above);
        Self {
            fence: seconds.max(before.saturating_add(1)),
            token,
            user: claim.user.clone(),
            host: claim.host.clone(),
            process: Process::current(),
            purpose: claim.purpose.clone(),
            run: None,
            plan: None,
            since: now,
            forced: None,
            released: None,
        }
    }

    /// Whether `other` is the same lease.
    pub(super) fn is(&self, other: &Self) -> bool {
        (self.fence, &self.token) == (other.fence, &other.token)
    }

    /// Who, from where: what the journal keeps.
    #[must_use]
    pub fn who(&self) -> String {
        format!("{} on {}, process {}", self.user, self.host, self.process.number)
    }
}

impl Tenant {
    /// Whether it is certain that nobody works under this lease any more.
    pub(super) fn is_gone(&self) -> bool {
        self.holder.released.is_some() || self.silent >= ALIVE || self.holder.process.has_ended()
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { holder, silent } = self;
        write!(f, "{}: `{}`", holder.who(), holder.purpose)?;
        if let Some(run) = &holder.run {
            write!(f, ", run {run}")?;
        }
        write!(f, ", since {}", holder.since.strftime("%Y-%m-%d %H:%M:%S UTC"))?;
        match holder.released {
            Some(_) => f.write_str(", given back"),
            None => write!(f, ", last sign of life {}s ago", silent.as_secs()),
        }
    }
}

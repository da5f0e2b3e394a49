//! Jobs and records of a simulated host, as `transport/job/host.sh` keeps them on a real one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::exit;
use super::fault::{self, Cut, Fault, Moment};
use super::host::Host;
use super::record::Records;
use super::task::Received;
use crate::desired::staged_content;
use crate::fact::UnitState;
use crate::transport::{Command, Gone, JobEnd, Order, Output, Tenure, Verdict};
use crate::value::{Digest, Period};

/// The newest lease that was on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Lease {
    fence: u64,
    holder: String,
}

/// A job. The host changes when it starts; its end is known when its time has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Job {
    end: End,
    status: i64,
    stdout: String,
    stderr: String,
    began: Timestamp,
    /// The time that it is modelled to take.
    takes: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum End {
    Ended,
    Late,
    Cancelled,
    Rebooted,
    Killed,
}

impl Job {
    fn end(&self) -> JobEnd {
        let output = exit(self.status, self.stdout.trim_end(), self.stderr.trim_end());
        match self.end {
            End::Ended => JobEnd::Ended(output),
            End::Late => JobEnd::Late(output),
            End::Cancelled => JobEnd::Cancelled(output),
            End::Rebooted => JobEnd::Gone(Gone::Rebooted, output),
            End::Killed => JobEnd::Gone(Gone::Killed, output),
        }
    }

    /// Not more than all of it, also when the clock was set back meanwhile.
    fn left(&self) -> Duration {
        let spent = Timestamp::now().duration_since(self.began).max(SignedDuration::ZERO);
        Duration::try_from(self.takes.saturating_sub(spent)).unwrap_or_default()
    }
}

impl Host {
    /// Lets a newer lease be known; says no to an older one.
    pub(super) fn enter(&mut self, tenure: &Tenure, order: &Order<'_>) -> Option<Verdict> {
        if matches!(order, Order::Survey | Order::Jobs { .. } | Order::Recall { .. }) {
            return None;
        }
        let is_other = self.lease.fence == tenure.fence && self.lease.holder != tenure.holder;
        if self.lease.fence > tenure.fence || is_other {
            let Lease { fence, holder } = self.lease.clone();
            return Some(Verdict::Fenced { fence, holder });
        }
        if self.lease.fence < tenure.fence {
            self.lease = Lease { fence: tenure.fence, holder: tenure.holder.clone() };
        }
        None
    }

    /// Starts the job, unless it was started before; tells also the fault that it met.
    pub(super) fn attend(
        &mut self,
        (run, id): (&str, &str),
        command: &Command,
        speed: u32,
    ) -> (Verdict, Option<Fault>) {
        let key = format!("{run}/{id}");
        if let Some(job) = self.jobs.get(&key) {
            return (Verdict::Job(job.end()), None);
        }
        let fault = self.faults.meet(&fault::key(&command.task));
        let is_unheard = |fault: &Fault| fault.missed || fault.kill == Some(Moment::Before);
        if fault.as_ref().is_some_and(is_unheard) {
            return (Verdict::Unknown, fault);
        }
        let within = command.within.duration();
        let outcome = self.carry_out(&command.task, &Received::Nothing, fault.as_ref());
        let end = match fault.as_ref().and_then(|fault| fault.cut) {
            Some(Cut::Reboot) => {
                self.reboot();
                End::Rebooted
            }
            Some(Cut::Kill) => End::Killed,
            None if outcome.takes > within => End::Late,
            None => End::Ended,
        };
        let takes = outcome.takes.min(within).checked_div(speed).unwrap_or_default();
        let job = Job::new(end, &outcome.output, takes);
        let verdict = Verdict::Job(job.end());
        self.jobs.insert(key, job);
        (verdict, fault)
    }

    /// How much longer the job runs.
    pub(super) fn left(&self, run: &str, job: &str) -> Option<Duration> {
        self.jobs.get(&format!("{run}/{job}")).map(Job::left)
    }

    /// How the job ended.
    pub(super) fn job_end(&self, run: &str, job: &str) -> Option<Verdict> {
        self.jobs.get(&format!("{run}/{job}")).map(|job| Verdict::Job(job.end()))
    }

    /// Does what other orders say.
    pub(super) fn obey(&mut self, order: &Order<'_>, records: &Records) -> Verdict {
        match *order {
            Order::Enter | Order::Attend { .. } => Verdict::Done,
            Order::Cancel { run, job } => self.cancel(&format!("{run}/{job}")),
            Order::Forget { run } => {
                let own = format!("{run}/");
                self.jobs.retain(|key, _| !key.starts_with(&own));
                records.forget(run)
            }
            Order::Discard { contents } => {
                let goes = |path: &String| {
                    let path = path.parse().ok();
                    path.and_then(|path| staged_content(&path))
                        .is_some_and(|it| contents.contains(&it))
                };
                self.files.retain(|path, _| !goes(path));
                self.sizes.retain(|path, _| !goes(path));
                Verdict::Done
            }
            Order::Keep { run, file, offset, content } => {
                records.keep((run, file), offset, content)
            }
            Order::Survey => Verdict::Survey {
                fence: self.lease.fence,
                holder: self.lease.holder.clone(),
                runs: records.runs(),
            },
            Order::Jobs { run } => {
                let own = format!("{run}/");
                let jobs = self.jobs.keys().filter_map(|key| key.strip_prefix(&own));
                Verdict::Jobs(jobs.map(str::to_owned).collect())
            }
            Order::Recall { run, file, offset } => records.recall((run, file), offset),
        }
    }

    /// The host has changed when the job began: cancelling only ends the wait.
    fn cancel(&mut self, key: &str) -> Verdict {
        match self.jobs.get_mut(key) {
            None => Verdict::Unknown,
            Some(job) if job.left().is_zero() => Verdict::Cancelled,
            Some(job) => {
                (job.end, job.status, job.takes) = (End::Cancelled, 143, SignedDuration::ZERO);
                Verdict::Cancelled
            }
        }
    }

    /// As it was told to.
    pub(super) fn boot_anew(&mut self) -> (Period, Output) {
        self.reboot();
        (self.durations.boot, exit(0, "", ""))
    }

    /// What runs is started again; until then nobody gets in who is not waited for.
    fn reboot(&mut self) {
        // In the form of a boot id, another one each time.
        let next = Digest::of(self.boot_id.as_bytes()).short();
        self.boot_id = format!("00000000-0000-4000-8000-{next}");
        self.reboot_pending = false;
        for unit in self.units.values_mut() {
            unit.starting |= unit.state == UnitState::Active;
        }
        if self.faults.stays_down {
            let why = "it has not come back from its reboot";
            self.faults.unreachable = Some(why.to_owned());
        }
    }
}

impl Job {
    fn new(end: End, output: &Output, takes: Duration) -> Self {
        let status = match output.end {
            crate::transport::End::Exit(status) => status,
            crate::transport::End::Signal(_) => 137,
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            end,
            status,
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            began: Timestamp::now(),
            takes: SignedDuration::try_from(takes).unwrap_or_default(),
        }
    }
}

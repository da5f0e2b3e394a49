//! Waiting for health on the host itself: one command that returns when the probe is satisfied or
//! the limit has passed, so that nothing is asked over the network every second.

use super::windows;
use crate::catalog::{Format, Limits};
use crate::desired::{Probe, Resource};
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// How long a needed component may take to answer before the step that needs it is given up.
const NEEDED: Period = Period::seconds(30);

/// The command that waits until the resource is healthy and has stayed so for `limits.settle`.
#[must_use]
pub fn await_health(resource: &Resource, limits: &Limits) -> Command {
    let samples = u32::try_from(limits.settle.whole_seconds()).unwrap_or(u32::MAX).max(1);
    wait(resource, limits.healthy, samples)
}

/// The command that checks, before a step that needs the resource, that it is healthy.
#[must_use]
pub fn needed_healthy(resource: &Resource) -> Command {
    wait(resource, NEEDED, 1)
}

fn wait(resource: &Resource, limit: Period, samples: u32) -> Command {
    let run = if resource.format == Format::Msi {
        windows::await_health(resource, limit.whole_seconds(), samples)
    } else {
        wait_text(&ask(resource), &quote(&resource.unit), limit.whole_seconds(), samples)
    };
    Command {
        run,
        // The service's last log lines are the telling ones of a failure, and systemd shows them to
        // root and to members of `systemd-journal` and `adm` only (journalctl(1)). Probes may read
        // what only the service's user or root may, such as RabbitMQ's cookie.
        account: Account::Root,
        // The host itself gives up at `limit`, or at the first answer that isn't healthy after it. A
        // sample takes a second and its answer; the rest is for the last probe and its account.
        within: Period::seconds(
            limit.whole_seconds().saturating_add(u64::from(samples).saturating_mul(2)) + 20,
        ),
        task: Task::AwaitHealth {
            unit: resource.unit.clone(),
            probe: resource.health.clone(),
            samples,
        },
    }
}

/// The question that is asked again and again.
fn ask(resource: &Resource) -> String {
    match &resource.health {
        // The same words as the reading of hosts uses: no proxy, no `.curlrc`, and the service's
        // own certificate is good enough for a question to the host itself.
        Probe::Http(url) => {
            format!("curl -q -gfsSk --noproxy '*' --max-time 5 -- {}", quote(url))
        }
        Probe::Command(command) => format!("timeout 10 sh -c {}", quote(command)),
    }
}

/// Counts by the time since the host's start, which nobody sets, unlike the clock (proc(5), `uptime`).
/// What isn't healthy yet is asked five times a second, so that nobody waits for the next question;
/// samples are a second apart. Prints nothing until it gives up: a probe that fails every second would drown what matters, which
/// is the probe's last words, the service's state, and the end of its log across its restarts
/// (`systemctl status` shows the last start only).
fn wait_text(ask: &str, unit: &str, seconds: u64, samples: u32) -> String {
    format!(
        "end=$(($(cut -d. -f1 /proc/uptime) + {seconds})); good=0; \
         while if said=$({ask} 2>&1 >/dev/null); then good=$((good + 1)); else good=0; fi; \
         [ $good -lt {samples} ]; do \
         if [ $good -eq 0 ] && [ $(cut -d. -f1 /proc/uptime) -ge $end ] || \
         systemctl is-failed --quiet {unit}; then \
         echo \"$said\"; systemctl status --no-pager --lines=0 {unit}; \
         journalctl --no-pager --quiet --lines=20 --unit={unit}; exit 1; fi; \
         if [ $good -eq 0 ]; then sleep 0.2 2>/dev/null || sleep 1; else sleep 1; fi; done"
    )
}

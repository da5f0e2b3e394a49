//! Many hosts under one apply: threads, descriptors and memory stay bounded.

use std::fs;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use crate::hosts::Hosts;
use crate::site::Site;

const HOSTS: usize = 1000;
const AT_ONCE: usize = 64;

/// The most that a process was seen to use.
#[derive(Debug, Default)]
struct Most {
    threads: u64,
    descriptors: usize,
    kilobytes: u64,
}

impl Most {
    /// Looks at a process until it has ended.
    fn until_the_end(child: &mut Child) -> (Self, ExitStatus) {
        let mut most = Self::default();
        loop {
            most.look(child.id());
            if let Some(status) = child.try_wait().unwrap() {
                return (most, status);
            }
            // Sampling, not synchronisation: how often it looks changes nothing.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Looks at a process, as proc(5) shows it.
    fn look(&mut self, id: u32) {
        let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")) else { return };
        let value = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        self.threads = self.threads.max(value("Threads:").unwrap_or_default());
        self.kilobytes = self.kilobytes.max(value("VmHWM:").unwrap_or_default());
        if let Ok(open) = fs::read_dir(format!("/proc/{id}/fd")) {
            self.descriptors = self.descriptors.max(open.count());
        }
    }
}

/// A cluster of a thousand execution hosts, each with a Worker and an MD Core to be upgraded.
fn thousand(speed: u32, at_once: usize) -> Site {
    let site = Site::new();
    let manifest = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let hosts = format!("core-[0001..{HOSTS}]");
    let manifest = format!(
        "{}\n[hosts.\"{hosts}\"]\naddress = \"{hosts}.example\"\ncomponents = [\"worker\", \"md-core\"]\n\
         \n[components.worker]\nat-once = {at_once}\n",
        manifest
            .replace("at-once = 2", &format!("at-once = {at_once}"))
            .replace("speed = 0", &format!("speed = {speed}"))
    );
    fs::write(site.path("mdc.toml"), manifest).unwrap();
    site
}

fn apply(site: &Site) -> Most {
    let at_once = AT_ONCE.to_string();
    let arguments = ["apply", "--yes", "--at-once", &at_once];
    let (most, status) = Most::until_the_end(&mut site.start_quietly(&arguments));
    assert_eq!(status.code(), Some(0));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
    most
}

#[test]
fn a_thousand_hosts_at_once() {
    let site = thousand(0, AT_ONCE);
    let most = apply(&site);
    // The workers, and what beats, copies, listens, waits for signals and counts who is healthy.
    assert!(most.threads <= (AT_ONCE + 16) as u64, "{most:?}");
    // A simulated host has one open file; the rest is the run's own.
    assert!(most.descriptors <= 2 * HOSTS + 64, "{most:?}");
    assert!(most.kilobytes <= 250_000, "{most:?}");
}

/// Each host after the other takes more than a day by the modelled durations.
#[test]
fn a_day_in_a_minute() {
    let site = thousand(4000, 1);
    let most = apply(&site);
    assert!(most.kilobytes <= 250_000, "{most:?}");
    let steps = site.journal().iter().filter(|entry| entry.get("result").is_some()).count();
    assert!(steps > 4 * HOSTS, "{steps}");
}

#[test]
fn two_hundred_real_hosts_at_once() {
    let Some(hosts) = Hosts::start(200) else { return };
    let said = fs::File::create(hosts.path("said")).unwrap();
    let mut apply = hosts.mdc(&["apply", "--yes", "--at-once", &AT_ONCE.to_string()]);
    let apply = apply.stdout(Stdio::null()).stderr(said);
    let (most, status) = Most::until_the_end(&mut apply.spawn().unwrap());
    let said = fs::read_to_string(hosts.path("said")).unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    let logs = hosts.logs();
    assert!(logs.iter().all(|log| log.len() == 1), "each host installed once: {logs:?}");
    assert!(logs[0][0].ends_with("/agent_2.0-1_amd64.deb"), "{}", logs[0][0]);
    assert_eq!(hosts.left(), Vec::<std::path::PathBuf>::new(), "a run that is done leaves nothing");
    assert!(most.threads <= (AT_ONCE + 16) as u64, "{most:?}");
    // One connection to each host, one file that each worker reads, and the run's own.
    assert!(most.descriptors <= 200 + AT_ONCE + 24, "{most:?}");
    assert!(most.kilobytes <= 250_000, "{most:?}");
}

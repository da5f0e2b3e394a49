//! What hosts say was run on them, in their own logs, beside what a plan says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hosts::{ALL, Fleet};

/// As much of a command as a host's log has for certain: `logger` cuts off behind a kilobyte.
const KEPT: usize = 600;

/// Each job that a host has begun since its start, as root and apart from any connection, is a command that
/// the plan has for that host. Every change runs as such a job.
pub(crate) fn only_what_is_planned(fleet: &Fleet, plan: &Value) {
    for host in ALL {
        let planned = planned(plan, host);
        let log = fleet.ask(host, "sudo journalctl -b -o json --output-fields=MESSAGE -t mdc");
        let entries = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let said: Vec<String> = entries.map(|entry| message(&entry["MESSAGE"])).collect();
        for job in said.iter().filter(|said| said.contains(", job ")) {
            assert!(planned.iter().any(|planned| is_of(job, planned)), "{host} ran {job}");
        }
        for changed in changes(plan, host) {
            assert!(
                said.iter().any(|job| is_of(job, &changed)),
                "{host} says nothing of {changed}"
            );
        }
    }
}

/// Text as journald has it: as it is, or as bytes where it isn't plain.
fn message(value: &Value) -> String {
    let Some(bytes) = value.as_array() else {
        return value.as_str().unwrap_or_default().to_owned();
    };
    let bytes = bytes.iter().map(|it| u8::try_from(it.as_u64().unwrap()).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

/// Whether a line of the log (`RUN, job NAME, for HOLDER: COMMAND`) is of this command and nothing more.
fn is_of(job: &str, command: &str) -> bool {
    let head: String = command.chars().take(KEPT).collect();
    let begins = job.find(&format!(": {head}")).map(|at| &job[at + 2..]);
    begins.is_some_and(|said| command.starts_with(said.trim_end()))
}

/// All commands of the plan's steps on a host.
fn planned(plan: &Value, host: &str) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["host"] == host);
    let commands = steps.flat_map(|step| step["commands"].as_array().unwrap());
    commands.map(|command| command["run"].as_str().unwrap().to_owned()).collect()
}

/// Those that put packages on it.
fn changes(plan: &Value, host: &str) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let upgrades = steps.filter(|step| step["host"] == host && step["action"] == "upgrade");
    let commands = upgrades.flat_map(|step| step["commands"].as_array().unwrap());
    let installs = commands.filter(|command| {
        let task = command["task"].as_object();
        task.is_some_and(|task| task.keys().any(|key| key.starts_with("install")))
    });
    installs.map(|command| command["run"].as_str().unwrap().to_owned()).collect()
}

//! Runs the real program under GNU time, which tells what the program that it started cost.

use std::fmt;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::cluster::Cluster;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Validate,
    Plan,
    PlanToFile,
}

/// What one run cost.
pub(crate) struct Cost {
    pub(crate) wall_ms: f64,
    /// Of all threads, in the program and in the kernel; GNU time tells hundredths of a second.
    pub(crate) cpu_ms: f64,
    pub(crate) peak_mb: f64,
}

impl Subject {
    pub(crate) const ALL: [Self; 3] = [Self::Validate, Self::Plan, Self::PlanToFile];

    /// The steps and the megabytes of the plan file that was written.
    pub(crate) fn product(self, cluster: &Cluster) -> (String, String) {
        if self != Self::PlanToFile {
            return (String::new(), String::new());
        }
        let bytes = fs::metadata(cluster.plan()).unwrap().len();
        let plan = mdc::plan::read(&cluster.plan()).unwrap();
        (plan.steps.len().to_string(), (bytes / 1_000_000).to_string())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Validate => "`validate`",
            Self::Plan => "`plan --snapshot`",
            Self::PlanToFile => "`plan --snapshot -o`",
        })
    }
}

/// One run, from the start of the process to its end. Its output goes nowhere.
pub(crate) fn measure(subject: Subject, cluster: &Cluster) -> Cost {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%U %S %M", "-o", cluster.cost().as_str(), env!("CARGO_BIN_EXE_mdc")]);
    if subject == Subject::Validate {
        command.arg("validate");
    } else {
        command.args(["plan", "--detail", "summary", "--snapshot", cluster.snapshot().as_str()]);
    }
    if subject == Subject::PlanToFile {
        command.args(["-o", cluster.plan().as_str()]);
    }
    command.arg(cluster.manifest()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let wall_ms = start.elapsed().as_secs_f64() * 1e3;
    assert!(status.success(), "{subject} of {} hosts failed", cluster.hosts);
    let told = fs::read_to_string(cluster.cost()).unwrap();
    let told: Vec<f64> = told.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [user, system, kib]: [f64; 3] = told.try_into().unwrap();
    Cost { wall_ms, cpu_ms: (user + system) * 1e3, peak_mb: kib * 1024.0 / 1e6 }
}

/// The middle one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

//! What each view of a plan costs at a given number of hosts: the wall time of the real program, from reading
//! the plan file to the last byte of the view.
//!
//! `cargo bench --bench views`, or with a size of your own: `cargo bench --bench views -- 2000`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

#[allow(dead_code, reason = "more is asked of it by the other program that measures")]
#[path = "../plan/cluster.rs"]
mod cluster;

use std::process::{Command, Stdio};
use std::time::Instant;

use cluster::Cluster;

const HOSTS: usize = 1_000;
const ROUNDS: usize = 5;
/// The views, as options of `mdc show`; the first one only reads the plan and sums it up.
const VIEWS: [&[&str]; 8] = [
    &["--detail", "summary"],
    &["--detail", "steps"],
    &["--detail", "commands"],
    &["--format", "markdown"],
    &["--format", "html"],
    &["--format", "dot"],
    &["--format", "mermaid"],
    &["--format", "json"],
];

fn main() {
    // Cargo adds `--bench`.
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let cluster = Cluster::write(asked.unwrap_or(HOSTS));
    let plan = cluster.plan();
    let mut mdc = Command::new(env!("CARGO_BIN_EXE_mdc"));
    mdc.args(["plan", "--detail", "summary", "--snapshot", cluster.snapshot().as_str()]);
    mdc.args(["-o", plan.as_str(), cluster.manifest().as_str()]);
    assert!(mdc.stdout(Stdio::null()).status().unwrap().success());
    println!("| view of {} hosts | wall ms (median of {ROUNDS}) | kB |", cluster.hosts);
    println!("|---|---|---|");
    for view in VIEWS {
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| measure(&plan, view).0).collect();
        times.sort_by(f64::total_cmp);
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        let bytes = measure(&plan, view).1;
        println!("| `show {}` | {median:.0} | {} |", view.join(" "), bytes / 1_000);
    }
}

/// How long it takes, and how many bytes come of it.
fn measure(plan: &camino::Utf8Path, view: &[&str]) -> (f64, usize) {
    let start = Instant::now();
    let mdc = Command::new(env!("CARGO_BIN_EXE_mdc"))
        .args(["show", plan.as_str()])
        .args(view)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(mdc.status.success(), "show {}", view.join(" "));
    (start.elapsed().as_secs_f64() * 1e3, mdc.stdout.len())
}

//! The proof on real hosts: `mdc` drives six Linux systems over SSH, as `tests/fleet` keeps them,
//! and the hosts themselves are asked what came of it. See `tests/fleet/README.md`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "standby/stand_in.rs"]
#[expect(dead_code, reason = "the tests of hot backup use all of it")]
mod cores;
#[path = "fleet/hosts.rs"]
mod hosts;
#[path = "fleet/journal.rs"]
mod journal;
#[path = "fleet/ran.rs"]
mod ran;
#[path = "fleet/release.rs"]
mod release;
#[path = "fleet/said.rs"]
mod said;
#[path = "fleet/scenarios/mod.rs"]
mod scenarios;
#[path = "fleet/site.rs"]
mod site;
#[path = "winrm/stand_in.rs"]
mod stand_in;
#[path = "winrm/wine_host.rs"]
mod wine_host;

use std::env;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use hosts::{ALL, Fleet};
use scenarios::{SCENARIOS, Scenario};

#[test]
fn fleet() {
    let wish = env::var_os("MDC_FLEET").unwrap_or_default();
    let fleet = match Fleet::have(wish == "skip") {
        Ok(fleet) => fleet,
        Err(why) => {
            say(&format!("fleet: SKIPPED, nothing was tried on real hosts: {why}"));
            assert_ne!(wish, "require", "MDC_FLEET=require, and there is no fleet: {why}");
            return;
        }
    };
    let only = env::var_os("MDC_FLEET_ONLY").map(|names| names.into_string().unwrap());
    let wanted = |scenario: &&Scenario| {
        only.as_ref().is_none_or(|only| only.split(',').any(|name| name == scenario.name))
    };
    let mut changed: &[&str] = &ALL;
    let mut before = "the fleet's start";
    let mut failed = Vec::new();
    for scenario in SCENARIOS.iter().filter(wanted) {
        let start = Instant::now();
        fleet.reset(changed);
        scenarios::back_up(&fleet);
        // Each stands for itself: what one leaves behind is reset before the next.
        let went_well = catch_unwind(AssertUnwindSafe(|| {
            scenarios::is_in_a(&fleet, before);
            (scenario.run)(&fleet);
        }))
        .is_ok();
        let word = if went_well { "ok" } else { "FAILED" };
        say(&format!("fleet: {word:6} {:5.1} s  {}", start.elapsed().as_secs_f32(), scenario.name));
        // How far one came that failed, nobody knows.
        changed = if went_well { scenario.changes } else { &ALL };
        before = scenario.name;
        if !went_well {
            failed.push(scenario.name);
        }
    }
    drop(fleet);
    assert!(failed.is_empty(), "failed on the fleet: {}", failed.join(", "));
}

/// Not by `eprintln!`, whose words the harness keeps to itself while a test goes well.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

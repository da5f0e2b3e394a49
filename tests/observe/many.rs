//! Many hosts at once: bounded, complete, and no host's trouble is another's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jiff::Timestamp;
use mdc::address::HostName;
use mdc::catalog::Format;
use mdc::desired::Desired;
use mdc::observe::{Ask, HostState, Limits, gather};
use mdc::transport::{Failure, Problem, Questions, Turns};

use crate::cluster::{desired, http};

const ANSWER: &str = "\
@mdc clock 1763700000 1.00
@mdc os ID=debian
@mdc architecture x86_64
@mdc disk x 0 0 5 0% /
@mdc memory 5
@mdc boot 0c901ca2-53f6-4303-adda-22ca7b254026
@mdc reboot no
@mdc packages 1
@mdc unit LoadState=not-found
@mdc unit ActiveState=inactive
@mdc end 1.00
";

/// Answers with what it was made with; `!` stands for a mistake of ours.
struct Canned(&'static str);

impl Ask for Canned {
    fn ask(&mut self, _: &Questions, _: Duration) -> Result<Vec<u8>, Failure> {
        assert_ne!(self.0, "!", "a mistake of ours");
        Ok(self.0.as_bytes().to_vec())
    }
}

fn hosts(count: usize) -> Desired {
    let names: Vec<String> = (0..count).map(|i| format!("host-{i:03}")).collect();
    let placed = [("worker", "worker", "worker", http("http://127.0.0.1:1/"))];
    desired(names.iter().map(String::as_str), Format::Deb, &placed)
}

fn now() -> Timestamp {
    "2026-11-20T22:15:00Z".parse().unwrap()
}

fn refused(host: &HostName) -> Failure {
    Failure {
        host: host.clone(),
        during: "connect".to_owned(),
        problem: Problem::Unreachable("connection refused".to_owned()),
        hint: "start sshd".to_owned(),
    }
}

#[test]
fn trouble_stays_with_its_host() {
    let dial = |host: &HostName| match host.as_str() {
        "host-001" => Err(refused(host)),
        "host-002" => Ok(Canned("!")),
        "host-003" => Ok(Canned("Welcome\n")),
        _ => Ok(Canned(ANSWER)),
    };
    let mut told = Vec::new();
    let limits = Limits { at_once: 3, ..Limits::default() };
    let observed = gather(&hosts(6), limits, &dial, &now, &mut |host, state| {
        told.push((host.clone(), state.clone()));
    });
    let reason = |host: &str| match &observed.hosts[host] {
        HostState::Unknown(lost) => lost.reason.clone(),
        HostState::Known(_) => "known".to_owned(),
    };
    assert_eq!(reason("host-001"), "could not connect: connection refused");
    assert!(reason("host-002").contains("mdc itself failed"));
    assert!(reason("host-003").contains("cut off"));
    assert!(["host-000", "host-004", "host-005"].iter().all(|host| reason(host) == "known"));
    told.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(told.into_iter().eq(observed.hosts));
}

#[test]
fn as_many_hosts_at_once_as_allowed_and_no_more() {
    as_many_at_once_as(8, Limits::always(8));
}

/// Each dial waits until so many are under way: fewer at once would never end, and more are counted.
fn as_many_at_once_as(number: usize, limits: Limits<'_>) {
    let (together, running, most) =
        (Arc::new(Barrier::new(number)), AtomicUsize::new(0), AtomicUsize::new(0));
    let dial = |_: &HostName| {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        together.wait();
        running.fetch_sub(1, Ordering::SeqCst);
        Ok(Canned(ANSWER))
    };
    let observed = gather(&hosts(number * 25), limits, &dial, &now, &mut |_, _| {});
    assert_eq!(observed.hosts.len(), number * 25);
    assert_eq!(most.into_inner(), number);
}

/// Over a slow network, and of near hosts that are slow themselves.
#[test]
fn more_hosts_are_asked_where_they_only_make_wait() {
    let near = Turns::default();
    near.took(Duration::from_micros(80));
    let limits = Limits { at_once: 5, slow: 8, most: 12, ..Limits::default() };
    as_many_at_once_as(limits.most, limits);
    as_many_at_once_as(limits.slow, Limits { turns: Some(&near), ..limits });
}

#[test]
fn no_hosts_and_no_threads_are_no_trouble() {
    let dial = |_: &HostName| Ok(Canned(ANSWER));
    assert!(gather(&hosts(0), Limits::default(), &dial, &now, &mut |_, _| {}).hosts.is_empty());
    let limits = Limits { at_once: 0, ..Limits::default() };
    assert_eq!(gather(&hosts(3), limits, &dial, &now, &mut |_, _| {}).hosts.len(), 3);
}

//! The database fails over to its standby in the middle of a run, and its address with it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use mdc::state::Store;

use crate::bed::claim;
use crate::commands::{Running, Site, holds};
use crate::proxy::Proxy;
use crate::server::Server;

/// The quickstart, with its runs in the database behind `proxy`.
fn site(proxy: &Proxy) -> Site {
    let site = Site::new(40);
    site.edit("[cluster]", &format!("[cluster]\nstate = {{ postgres = {:?} }}", address(proxy)));
    site
}

fn address(proxy: &Proxy) -> String {
    format!("postgresql://mdc@127.0.0.1:{}/mdc", proxy.port())
}

/// The lines of the only run's journal on a server.
fn lines(server: &Server) -> Vec<String> {
    let rows = Server::client(&server.address("mdc"))
        .query("SELECT line FROM mdc.line ORDER BY number", &[])
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether each host did each thing once.
fn once(site: &Site) {
    for host in ["identity-01", "core-01", "core-02", "db-01", "storage-01"] {
        let mut log = site.log(host);
        let all = log.len();
        log.sort();
        log.dedup();
        assert_eq!(log.len(), all, "{host} did something twice: {log:?}");
    }
}

#[test]
fn an_apply_goes_on_where_its_database_went() {
    let Some(first) = Server::start(&[]) else { return };
    let second = first.standby();
    let proxy = Proxy::to(first.port());
    let site = site(&proxy);
    let mut running = Running::start(&site, &["apply", "--yes"]);
    running.says("upgrade identity-service");
    first.control(&["stop", "-m", "immediate"]);
    proxy.move_to(second.port());
    second.control(&["promote"]);
    let rival = site.mdc(&["apply", "--yes"], 1);
    holds(&rival, &["another mdc is at work on this cluster"]);
    running.ends(0);
    holds(&site.mdc(&["report"], 0), &["107 steps: 107 done", "✓ verifies"]);
    once(&site);

    // The old server comes back and knows nothing of that: it has nothing that the new one lacks, but
    // for an entry that nobody was told is kept, and it gives nobody a lease without its standby.
    first.control(&["start"]);
    let (old, new) = (lines(&first), lines(&second));
    assert!(old.len() > 2 && new.starts_with(&old[..old.len() - 1]), "{old:#?}");
    let (tell, told) = channel();
    let stale = first.address("mdc");
    let rival = thread::spawn(move || {
        let store = Server::store(&stale, "quickstart/staging");
        let _ = tell.send(store.acquire(&claim(), None).map(drop));
    });
    let answer = told.recv_timeout(Duration::from_secs(5));
    assert!(matches!(answer, Err(RecvTimeoutError::Timeout)), "{answer:?}");
    first.control(&["stop", "-m", "immediate"]);
    assert!(told.recv().unwrap().is_err());
    rival.join().unwrap();
}

#[test]
fn a_run_stops_when_its_database_lost_entries_and_goes_on_from_a_hosts_copy() {
    let Some(first) = Server::start(&[]) else { return };
    let second = first.standby();
    first.set(&[("synchronous_standby_names", "")]);
    first.control(&["reload"]);
    let proxy = Proxy::to(first.port());
    let site = site(&proxy);
    let mut running = Running::start(&site, &["apply", "--yes"]);
    running.says("upgrade identity-service");
    second.control(&["stop"]);
    running.says("upgrade control-center");
    first.control(&["stop", "-m", "immediate"]);
    second.control(&["start"]);
    second.control(&["promote"]);
    proxy.move_to(second.port());
    let said = running.ends(1);
    holds(
        &said,
        &["entries that the server had confirmed are gone", "failed over to one that lagged"],
    );
    holds(&said, &["`mdc resume` goes on from there"]);
    site.mdc(&["resume", "--yes", "--from-host", "control-01"], 0);
    holds(&site.mdc(&["report"], 0), &["107 steps: 107 done", "✓ verifies"]);
    once(&site);
}

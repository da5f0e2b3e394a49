//! What holds for a database in particular.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use mdc::state::{Claim, JournalError, Lease, StateError, Store};

use crate::bed::{begin, claim, done, hold, intent, lines, plan, records, started};
use crate::proxy::Proxy;
use crate::server::Server;

/// A server for one test alone.
fn own() -> Option<(Server, String)> {
    let server = Server::start(&[])?;
    let address = server.address("mdc");
    Some((server, address))
}

fn shared(database: &str) -> Option<String> {
    let server = Server::shared()?;
    let mut client = Server::client(&server.address("postgres"));
    client.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    Some(server.address(database))
}

/// Whether the session of a holder has its lock.
fn is_locked(address: &str) -> bool {
    let locks = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted)";
    Server::client(address).query_one(locks, &[]).unwrap().get(0)
}

fn lease_is_kept(lease: &Lease) {
    assert_eq!(lease.beat(), Ok(None));
}

#[test]
fn a_server_that_restarts_between_entries_loses_and_doubles_nothing() {
    let Some((server, address)) = own() else { return };
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    run.record(started(&run)).unwrap();
    for attempt in 1..=3 {
        run.record(intent("a", attempt)).unwrap();
        server.control(&["restart", "-m", "immediate"]);
        assert!(!is_locked(&address), "the server forgot the lock");
        let rival = Server::store(&address, "east").acquire(&claim(), None);
        assert!(matches!(rival, Err(StateError::Locked { .. })), "its holder is alive");
        run.record(intent("b", attempt)).unwrap();
        lease_is_kept(&lease);
        assert!(is_locked(&address), "the lock is taken again");
    }
    run.record(done("a")).unwrap();
    let text = store.text(&run.id).unwrap();
    assert_eq!(text.len() as u64, run.journal.length());
    assert_eq!(records(&store, &run.id).len(), 9);
    drop((run, lease));
    assert!(hold(&store).holder().forced.is_none());
}

#[test]
fn a_server_that_restarts_while_entries_are_written_loses_and_doubles_nothing() {
    let Some((server, address)) = own() else { return };
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    let over = AtomicBool::new(false);
    let mut kept = 1;
    let (written, writes) = channel();
    thread::scope(|scope| {
        let (server, over) = (&server, &over);
        scope.spawn(move || {
            for mode in ["immediate", "fast", "immediate"] {
                writes.iter().take(5).for_each(drop);
                server.control(&["restart", "-m", mode]);
            }
            over.store(true, Ordering::SeqCst);
        });
        while !over.load(Ordering::SeqCst) {
            kept += 1;
            run.record(intent("a", kept)).unwrap();
            let _ = written.send(());
        }
    });
    lease_is_kept(&lease);
    let attempts = records(&store, &run.id).into_iter().skip(1).map(|record| record.entry);
    assert!(attempts.eq((2..=kept).map(|attempt| intent("a", attempt))));
    assert!(kept > 15, "{kept}");
}

#[test]
fn sessions_that_the_server_ends_come_back() {
    let Some((_server, address)) = own() else { return };
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    for attempt in 1..20 {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = 'mdc'";
        Server::client(&address).execute(end, &[]).unwrap();
        run.record(intent("a", attempt)).unwrap();
        lease_is_kept(&lease);
    }
    assert_eq!(records(&store, &run.id).len(), 20);
}

#[test]
fn an_entry_whose_keeping_was_not_seen_is_not_kept_twice() {
    let Some(server) = Server::shared() else { return };
    let proxy = Proxy::to(server.port());
    let address = format!("postgresql://mdc@127.0.0.1:{}/mdc", proxy.port());
    let store = Server::store(&address, "unseen");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    for attempt in 1..=5 {
        proxy.swallow("INSERT 0 1");
        run.record(intent("a", attempt)).unwrap();
    }
    assert_eq!(proxy.swallowed(), 5);
    assert_eq!(records(&store, &run.id).len(), 6);
    lease_is_kept(&lease);
}

#[test]
fn a_failover_mid_run_goes_on_where_it_was() {
    let Some((first, _)) = own() else { return };
    let second = first.standby();
    let address =
        format!("postgresql://mdc@127.0.0.1:{},127.0.0.1:{}/mdc", first.port(), second.port());
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    run.record(started(&run)).unwrap();
    run.record(intent("a", 1)).unwrap();
    first.control(&["stop", "-m", "immediate"]);
    thread::scope(|scope| {
        scope.spawn(|| second.control(&["promote"]));
        run.record(intent("b", 1)).unwrap();
    });
    lease_is_kept(&lease);
    run.record(done("a")).unwrap();
    assert_eq!(records(&store, &run.id).len(), 5);
    assert_eq!(lease.fence(), store.tenant().unwrap().unwrap().holder.fence);
}

#[test]
fn entries_that_a_server_lost_are_missed() {
    let Some(address) = shared("lagging") else { return };
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut run = begin(&store, &lease);
    run.record(intent("a", 1)).unwrap();
    Server::client(&address).execute("DELETE FROM mdc.line WHERE number = 2", &[]).unwrap();
    let error = run.journal.append(done("a")).unwrap_err();
    let JournalError::Server { problem, .. } = &error else { panic!("{error}") };
    assert!(problem.contains("entries that the server had confirmed are gone"), "{problem}");
    let text = store.text(&run.id).unwrap();
    assert_eq!(lines(&text), 1, "no hole is made");
}

#[test]
fn sites_in_one_database_do_not_see_each_other() {
    let Some(address) = shared("sites") else { return };
    let (east, west) = (Server::store(&address, "east"), Server::store(&address, "west"));
    let (in_east, in_west) = (hold(&east), hold(&west));
    let (mut one, two) = (begin(&east, &in_east), begin(&west, &in_west));
    one.record(intent("a", 1)).unwrap();
    assert_eq!(east.ids().unwrap(), [one.id.as_str()]);
    assert_eq!(west.ids().unwrap(), [two.id.as_str()]);
    assert!(matches!(west.plan(&one.id), Err(StateError::NoSuchRun { .. })));
    assert_eq!(records(&west, &two.id).len(), 1);
    let stop = mdc::state::Asked {
        what: mdc::state::Request::Stop,
        by: "duty".to_owned(),
        reason: "now".to_owned(),
    };
    east.ask(&stop).unwrap();
    lease_is_kept(&in_west);
    assert_eq!(in_east.beat(), Ok(Some(stop)));
    drop(in_west);
    lease_is_kept(&in_east);
}

#[test]
fn tables_are_made_once_and_newer_ones_are_refused() {
    let Some(address) = shared("schema") else { return };
    thread::scope(|scope| {
        for site in 0..10 {
            let address = &address;
            scope.spawn(move || drop(hold(&Server::store(address, &format!("site {site}")))));
        }
    });
    let mut client = Server::client(&address);
    let changes = client.query("SELECT number, tool FROM mdc.change", &[]).unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].get::<_, &str>(1), env!("CARGO_PKG_VERSION"));
    client.execute("INSERT INTO mdc.change VALUES (99, '9.0.0')", &[]).unwrap();
    let store = Server::store(&address, "east");
    for error in [store.acquire(&claim(), None).unwrap_err(), store.ids().unwrap_err()] {
        assert!(error.to_string().contains("has the schema 99; this mdc knows schemas up to 1"));
    }
}

#[test]
fn a_holder_on_another_machine_counts_as_alive_until_it_was_silent_for_long() {
    let Some(address) = shared("silent") else { return };
    let store = Server::store(&address, "east");
    drop(hold(&store));
    let mut client = Server::client(&address);
    let mut silent = |seconds: i32| {
        let tenant = store.tenant().unwrap().unwrap().holder;
        let mut holder = serde_json::to_value(tenant).unwrap();
        holder["process"]["boot"] = "another machine".into();
        holder["released"] = serde_json::Value::Null;
        let update = "UPDATE mdc.lease SET holder = $1, beat = now() - make_interval(secs => $2)";
        client.execute(update, &[&holder.to_string(), &f64::from(seconds)]).unwrap();
    };
    silent(80);
    assert!(matches!(store.acquire(&claim(), None), Err(StateError::Locked { .. })));
    silent(91);
    let lease = store.acquire(&Claim { user: "next".to_owned(), ..claim() }, None).unwrap();
    assert!(lease.holder().forced.is_none());
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let store = Server::store("postgresql://mdc@127.0.0.1:1/mdc", "east");
    let begun = std::time::Instant::now();
    for error in [store.acquire(&claim(), None).unwrap_err(), store.ids().unwrap_err()] {
        assert!(error.to_string().contains("PostgreSQL 127.0.0.1:1/mdc, site east"), "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
        assert!(error.hint().contains("can be reached"), "{}", error.hint());
    }
    assert!(begun.elapsed().as_secs() < 10);
}

#[test]
fn a_large_plan_is_kept_whole() {
    let Some(address) = shared("large") else { return };
    let store = Server::store(&address, "east");
    let lease = hold(&store);
    let mut large = plan();
    let step = large.steps[0].clone();
    for number in 0..20_000 {
        let mut step = step.clone();
        step.host = format!("host-{number}").parse().unwrap();
        step.id = format!("{}/{}/{}", step.host, step.component, step.action.as_str()).into();
        large.steps.push(step);
    }
    large.seal = large.digest();
    let run = store.begin(&lease, large.clone(), (jiff::Timestamp::now(), &[])).unwrap();
    assert_eq!(store.plan(&run.id).unwrap(), large);
}

#[test]
fn a_holder_that_can_not_be_read_is_not_taken_for_gone() {
    let Some(address) = shared("unreadable") else { return };
    let store = Server::store(&address, "east");
    drop(hold(&store));
    let newer = "UPDATE mdc.lease SET holder = '{\"new\": 1}', fence = 9999999999";
    Server::client(&address).execute(newer, &[]).unwrap();
    let error = store.acquire(&claim(), None).unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "{error}");
    assert!(matches!(store.tenant(), Err(StateError::Holder { .. })));
    let lease = store.acquire(&claim(), Some("seen to be alone")).unwrap();
    assert_eq!(lease.fence(), 10_000_000_000);
    assert!(lease.holder().forced.is_some());
}

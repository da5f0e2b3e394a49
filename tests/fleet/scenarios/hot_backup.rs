//! MD Core on two hosts with real packages, of which one stands by for the other: who scans is never down while
//! both are upgraded. Licences are the stand-in's of `tests/standby`, whose instances answer as long as the services
//! on the hosts do.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::on;
use crate::cores::{KEY, PASSWORD, StandIn, takes_connections};
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const HOSTS: [&str; 2] = ["exec-01", "exec-02"];
const SYSTEMS: [&str; 2] = ["debian-12", "rocky-9"];

pub(crate) fn run(fleet: &Fleet) {
    // Who scans is down, or is not, before each of them is changed.
    let (ends, outage) = upgraded(fleet, "nominate-and-return");
    assert_eq!((ends, outage), (["production", "backup"], false));
    fleet.reset(&HOSTS);
    let (ends, outage) = upgraded(fleet, "nominate");
    assert_eq!((ends, outage), (["backup", "production"], false));
    fleet.reset(&HOSTS);
    // What looks for an outage sees one.
    let (ends, outage) = upgraded(fleet, "in-place");
    assert_eq!((ends, outage), (["production", "backup"], true));
}

/// The parts at the end, and whether at any time the service of the instance that scans took no connection.
fn upgraded(fleet: &Fleet, how: &str) -> ([&'static str; 2], bool) {
    let cores = StandIn::new(&["production", "backup"]);
    let services = HOSTS
        .map(|host| -> SocketAddr { format!("{}:8008", fleet.address(host)).parse().unwrap() });
    {
        let mut state = cores.state();
        let settings = state.cores[0].settings.clone();
        for (core, service) in state.cores.iter_mut().zip(services) {
            core.settings = settings.clone();
            core.service = Some(service);
        }
    }
    let release = Release::moving(&fleet.site, &["md-core"]);
    let site = Site::with_manifest(fleet, &release, |_| manifest(fleet, &cores, how));
    for (name, value) in [("password", PASSWORD), ("key", KEY)] {
        fs::write(site.path(name), value).unwrap();
        fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (is_over, was_out) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let scans = || cores.roles().iter().position(|role| *role == "production");
            while !is_over.load(Ordering::SeqCst) {
                let before = scans();
                let is_up = before.is_some_and(|place| takes_connections(services[place]));
                // A licence that moved in between says nothing.
                if !is_up && scans() == before {
                    was_out.store(true, Ordering::SeqCst);
                }
                // Each look takes a port of this machine for a minute.
                thread::sleep(Duration::from_millis(10));
            }
        });
        let said = site.begin(&["apply", "--yes"]).end();
        is_over.store(true, Ordering::SeqCst);
        said.ends(0).tells(&["Complete."]);
    });
    for host in HOSTS {
        on(host, "md-core").works(fleet, "2.9.0");
    }
    for core in &cores.state().cores {
        assert!(core.sessions.is_empty(), "{:?}", core.sessions);
    }
    in_order(&site, how);
    let [first, second] = cores.roles()[..] else { panic!("there are two") };
    ([first, second], was_out.load(Ordering::SeqCst))
}

fn in_order(site: &Site, how: &str) {
    let journal = site.journal();
    let steps: &[&str] = match how {
        "in-place" => &["exec-02/md-core/upgrade", "exec-01/md-core/upgrade"],
        _ => &[
            "exec-02/md-core/upgrade",
            "exec-02/md-core/nominate",
            "exec-01/md-core/yield",
            "exec-01/md-core/upgrade",
            "exec-01/md-core/register",
        ],
    };
    for pair in steps.windows(2) {
        assert!(journal.end(pair[0]).unwrap() < journal.begin(pair[1]).unwrap(), "{pair:?}");
    }
}

fn manifest(fleet: &Fleet, cores: &StandIn, how: &str) -> String {
    let head = format!(
        "format-version = 1\n[cluster]\nname = \"hot\"\nenvironment = \"test\"\nrelease = \
         \"release-b.toml\"\n[connections.fleet.ssh]\nuser = \"ops\"\nkey = \"id\"\nknown-hosts = \
         \"known_hosts\"\nsudo = \"passwordless\"\n[defaults]\nconnection = \"fleet\"\n[standby]\nuser = \"admin\"\npassword = {{ file = \
         \"password\" }}\nactivation-key = {{ file = \"key\" }}\nupgrade = \"{how}\"\n"
    );
    let hosts = HOSTS.iter().enumerate().map(|(place, host)| {
        let (address, os, url) = (fleet.address(host), SYSTEMS[place], cores.url(place));
        let role = ["production", "backup"][place];
        format!(
            "[hosts.{host}]\naddress = \"{address}\"\nos = \"{os}\"\ncomponents = \
             [\"md-core\"]\n[standby.cores.{host}]\nurl = \"{url}\"\nrole = \"{role}\"\n"
        )
    });
    head + &hosts.collect::<String>()
}

//! What the checks before anything changes rest on, asked of this machine by real shells.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;

use camino::Utf8Path;
use mdc::catalog::{Format, Need, Runtime};
use mdc::desired::{Desired, Source};
use mdc::observe::{Certificate, HostFacts, Offer, questions};
use mdc::transport::Questions;

use crate::cluster::{command, desired};
use crate::shells::in_every_shell;

/// Two hosts with `a` and `b`, of which `a` needs the port of `b`, here.
fn needing(port: u16, change: impl Fn(&mut Desired)) -> Questions {
    let placed = [("a", "alpha", "alpha", command("true")), ("b", "beta", "beta", command("true"))];
    let mut desired = desired(["host-1", "host-2"], Format::Deb, &placed);
    // Not a loopback address to read, but this machine to connect to (ip(7)).
    "0.0.0.0".clone_into(&mut desired.hosts.get_mut("host-2").unwrap().address);
    let need = Need { component: "b".parse().unwrap(), same_host: false };
    let component = |desired: &mut Desired, name: &str, needs: Vec<Need>| {
        let component = Arc::make_mut(desired.components.get_mut(name).unwrap());
        (component.ports, component.needs) = ([("main".to_owned(), port)].into(), needs);
    };
    component(&mut desired, "a", vec![need]);
    component(&mut desired, "b", Vec::new());
    change(&mut desired);
    questions(&desired, &"host-1".parse().unwrap()).unwrap()
}

#[test]
fn a_port_is_tried_from_the_host_that_needs_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port();
    in_every_shell(&needing(open, |_| {}), |facts: &HostFacts| {
        assert!(facts.unreachable.is_empty(), "{:?}", facts.unreachable);
    });
    drop(listener);
    in_every_shell(&needing(open, |_| {}), |facts: &HostFacts| {
        let why = &facts.unreachable[&format!("0.0.0.0:{open}")];
        assert_eq!(why, "connection refused");
    });
    let quiet = needing(open, |desired| desired.preflight.ports = false);
    in_every_shell(&quiet, |facts: &HostFacts| assert!(facts.unreachable.is_empty()));
}

#[test]
fn certificates_in_files_are_read_without_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let pem = folder.join("it's one.pem");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=a", "-days", "10"])
        .args(["-keyout", pem.as_str(), "-out", folder.join("cert").as_str()])
        .output();
    if !made.is_ok_and(|it| it.status.success()) {
        return;
    }
    let both = [pem.clone(), folder.join("cert")].map(|it| std::fs::read_to_string(it).unwrap());
    std::fs::write(&pem, both.concat()).unwrap();
    let gone = folder.join("gone.pem");
    let asked = needing(1, |desired| {
        let paths = [&pem, &gone].map(|path| path.as_str().parse().unwrap());
        (desired.preflight.certificates, desired.preflight.ports) = (paths.into(), false);
    });
    in_every_shell(&asked, |facts: &HostFacts| {
        let Certificate::Until(until) = &facts.certificates[pem.as_str()] else {
            panic!("{:?}", facts.certificates)
        };
        let days = until.duration_since(jiff::Timestamp::now()).as_hours() / 24;
        assert!((9..=10).contains(&days), "{until}");
        assert!(matches!(&facts.certificates[gone.as_str()], Certificate::Unreadable(_)));
    });
}

#[test]
fn repositories_are_asked_for_what_is_not_there() {
    let names = ["alpha", "beta", "gamma", "delta", "busy", "root"];
    let placed = names.map(|name| (name, name, name, command("true")));
    for (format, sizes) in [(Format::Deb, (1500, 10 * 1024)), (Format::Rpm, (1_572_864, 30_720))] {
        let mut desired = desired(["host-1"], format, &placed);
        for (address, resource) in &mut desired.resources {
            // What is there already is not asked about.
            let version = if address.component.as_str() == "delta" { "2.8.0" } else { "2.9.0" };
            let resource = Arc::make_mut(resource);
            (resource.source, resource.version) = (Source::Repository, version.parse().unwrap());
        }
        let asked = questions(&desired, &"host-1".parse().unwrap()).unwrap();
        in_every_shell(&asked, |facts: &HostFacts| {
            let offer = |name: &str| facts.offers.get(name);
            let (download, unpacked) = sizes;
            assert_eq!(offer("alpha"), Some(&Offer::Whole { download, unpacked }));
            let Some(Offer::Refused(why)) = offer("beta") else { panic!("{:?}", facts.offers) };
            assert!(why.contains("libmissing"), "{why}");
            assert_eq!(offer("gamma"), Some(&Offer::Missing));
            assert_eq!(offer("delta"), None);
            for (name, why) in [("busy", "pid 812"), ("root", "superuser")] {
                let not_asked =
                    matches!(offer(name), Some(Offer::NotAsked(it)) if it.contains(why));
                assert_eq!(not_asked, format == Format::Rpm, "{:?}", facts.offers);
            }
        });
    }
}

/// A process that ends with the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_certificate_of_a_port_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let (key, cert) = (folder.join("key"), folder.join("cert"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-days", "5"])
        .args(["-keyout", key.as_str(), "-out", cert.as_str()])
        .output();
    let has_curl = Command::new("curl").arg("--version").output().is_ok();
    if !has_curl || !made.is_ok_and(|it| it.status.success()) {
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut server = Command::new("openssl");
    server.args(["s_server", "-quiet", "-www", "-accept", &port, "-cert", cert.as_str()]);
    server.args(["-key", key.as_str()]).stdin(Stdio::null()).stdout(Stdio::null());
    let _server = Running(server.stderr(Stdio::null()).spawn().unwrap());
    let address = format!("127.0.0.1:{port}");
    while std::net::TcpStream::connect(&address).is_err() {
        std::thread::yield_now();
    }
    let url = crate::cluster::http(&format!("https://{address}/"));
    let asked = crate::cluster::asked(Format::Deb, &[("a", "alpha", "alpha", url)]);
    in_every_shell(&asked, |facts: &HostFacts| {
        let Certificate::Until(until) = &facts.certificates["a"] else {
            panic!("{:?}", facts.certificates)
        };
        let days = until.duration_since(jiff::Timestamp::now()).as_hours() / 24;
        assert!((4..=5).contains(&days), "{until}");
        assert_eq!(facts.components["a"].health, mdc::observe::HealthState::Healthy);
    });
}

#[test]
fn file_systems_and_runtimes_are_told() {
    let asked = needing(1, |desired| {
        desired.preflight.ports = false;
        let packages = [(Format::Deb, vec!["alpha".to_owned(), "gone".to_owned()])].into();
        let runtime = Runtime { title: "Alpha".to_owned(), packages, fits: Vec::new() };
        Arc::make_mut(desired.components.get_mut("b").unwrap()).runtime = Some(runtime);
    });
    in_every_shell(&asked, |facts: &HostFacts| {
        assert!(facts.file_systems.values().any(|free| *free == facts.free_disk));
        assert!(facts.file_systems.contains_key("/"), "{:?}", facts.file_systems);
        let packages: Vec<&str> = facts.packages.keys().map(String::as_str).collect();
        assert_eq!(packages, ["alpha"]);
        let offered: Vec<&str> =
            facts.runtimes["alpha"].iter().map(mdc::value::PackageVersion::as_str).collect();
        assert_eq!((offered, facts.runtimes.len()), (vec!["2.9.1-1", "2.9.0-1"], 1));
    });
}

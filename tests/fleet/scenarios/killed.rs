//! The controller dies in the middle of steps, on a deb and on an rpm host, and comes back.

use std::collections::BTreeSet;

use rustix::process::Signal;

use super::{INSTALLED, on};
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["api-gateway", "file-storage"]);
    let site = Site::new(fleet, &release);
    let steps = [
        ("exec-01", "worker", "install md-cluster-worker"),
        ("exec-02", "api-gateway", "install md-cluster-api-gateway"),
        ("storage-01", "file-storage", "wait until md-cluster-file-storage is healthy"),
    ];
    let id = |host: &str, component: &str| format!("{host}/{component}/upgrade");
    for (host, component, at) in steps {
        let mut running = site.begin(&["apply", "--yes"]);
        running.says(&["running", &format!("upgrade {component} on {host}"), at]);
        running.send(Signal::KILL);
        assert_eq!(running.end().status, None, "a signal ended it");
        let journal = site.journal();
        let step = id(host, component);
        assert!(journal.begin(&step).is_some(), "its intent is on disk");
        assert!(!journal.is_done(&step) && !journal.has_failed(&step), "its end is not");
    }
    // What went on without its controller is found, and not begun again.
    site.mdc(&["apply", "--yes"]).ends(0).tells(&[
        "0 failed, 1 were cut off. It is continued.",
        "done upgrade file-storage on storage-01 in",
    ]);
    for (host, component, _) in steps {
        let package = format!("md-cluster-{component}");
        let ask = format!(
            "sudo journalctl -b -o cat -t mdc | grep {} | grep -c 'install.*{package}[_-]'",
            site.run()
        );
        assert_eq!(fleet.ask(host, &ask), "1", "{component} was installed once on {host}");
    }
    let twice: Vec<String> = steps.iter().map(|(host, what, _)| id(host, what)).collect();
    let twice: BTreeSet<&str> = twice.iter().map(String::as_str).collect();
    let changes = |id: &&str| id.ends_with("/upgrade") || id.ends_with("/copy");
    let journal = site.journal();
    let repeated: BTreeSet<&str> = journal.repeated().into_iter().filter(changes).collect();
    assert_eq!(repeated, twice, "finished steps are not repeated");
    for it in &INSTALLED {
        it.works(fleet, release.version(it.component));
    }
    on("exec-02", "worker").works(fleet, "2.9.0");
    site.is_as_desired();
}

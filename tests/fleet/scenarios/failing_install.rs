//! A package whose installation fails: the run stops there and says why, and goes on from there
//! once the cause is repaired.

use std::collections::BTreeSet;

use super::{INSTALLED, on};
use crate::hosts::Fleet;
use crate::release::{PRODUCTS, Release};
use crate::site::Site;

const TELLING: &str = "/etc/md-cluster/migration-approved is missing";
const REPAIR: &str = "sudo touch /etc/md-cluster/migration-approved";

/// dpkg: the post-install script fails and leaves the package half-configured.
pub(crate) fn deb(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &PRODUCTS).with("identity-service", "2.9.1");
    let site = Site::new(fleet, &release);
    let step = "identity-01/identity-service/upgrade";
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade identity-service on identity-01",
        "while install md-cluster-identity-service 2.9.1 on identity-01",
        "apt-get install -y",
        "exit status 100",
        TELLING,
        "mend the cause on identity-01",
        "go on mdc apply mdc.toml",
    ]);

    let journal = site.journal();
    assert!(journal.has_failed(step));
    assert_eq!(journal.changes(), [step], "nothing was begun after it");
    assert_eq!(on("identity-01", "identity-service").installed(fleet), "2.9.1-1 half-configured");
    for it in INSTALLED.iter().filter(|it| it.host != "identity-01") {
        it.works(fleet, it.of_a);
    }
    site.mdc(&["status"]).ends(0).tells(&["half-configured", "is unfinished: 17 of "]);

    fleet.ask("identity-01", REPAIR);
    site.mdc(&["apply", "--yes"])
        .ends(0)
        .tells(&["steps are done, 1 failed, 0 were cut off. It is continued.", "Complete."]);
    // One run still, and only the step that had failed was done twice.
    assert_eq!(site.journal().repeated(), BTreeSet::from([step]));
    for it in &INSTALLED {
        it.works(fleet, release.version(it.component));
    }
    site.is_as_desired();
}

/// rpm: only a failing `%pre` stops dnf, and the old version stays and runs.
pub(crate) fn rpm(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &[]).with("worker", "2.9.1");
    let site = Site::new(fleet, &release);
    fleet.ask("exec-01", REPAIR);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade worker on exec-02",
        "while install md-cluster-worker 2.9.1 on exec-02",
        "dnf install -y",
        "exit status 1",
        TELLING,
        "Mixed versions are left behind",
        "worker: 2.9.1 on exec-01; between 2.9.0 and 2.9.1 on exec-02",
    ]);
    on("exec-01", "worker").works(fleet, "2.9.1");
    on("exec-02", "worker").works(fleet, "2.9.0");

    fleet.ask("exec-02", REPAIR);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["Complete."]);
    assert_eq!(site.journal().repeated(), BTreeSet::from(["exec-02/worker/upgrade"]));
    on("exec-02", "worker").works(fleet, "2.9.1");
    site.is_as_desired();
}

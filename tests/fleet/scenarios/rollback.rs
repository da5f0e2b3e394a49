//! The way back on real hosts: a whole run taken back, and one product by its policy.

use std::fs;

use super::{INSTALLED, on};
use crate::hosts::Fleet;
use crate::release::{PRODUCTS, Release};
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    by_policy(fleet);
    whole(fleet);
}

fn site(fleet: &Fleet, release: &Release, more: &str) -> Site {
    let site = Site::with_manifest(fleet, release, |manifest| {
        let named = "release = \"release-b.toml\"\n";
        assert!(manifest.contains(named));
        let previous = format!("{named}previous-release = \"release-a.toml\"\n");
        manifest.replace(named, &previous) + more
    });
    fs::copy(fleet.site.join("release-a.toml"), site.path("release-a.toml")).unwrap();
    site
}

/// dpkg leaves the new version half-configured, with its service stopped; the old one is put back
/// over it.
fn by_policy(fleet: &Fleet) {
    let release =
        Release::moving(&fleet.site, &["identity-service"]).with("identity-service", "2.9.1");
    let policy = "\n[components.identity-service]\non-failure = { then = \"rollback-host\" }\n";
    let site = site(fleet, &release, policy);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade identity-service on identity-01",
        "what failed is rolled back, and that begins now",
        "Complete. Of 1 step: 1 done.",
    ]);
    on("identity-01", "identity-service").works(fleet, "2.8.0");
}

fn whole(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &PRODUCTS);
    let site = site(fleet, &release, "");
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["Complete. Of "]);
    for it in &INSTALLED {
        it.works(fleet, release.version(it.component));
    }
    site.mdc(&["rollback", "--yes"])
        .ends(0)
        .tells(&["8 on 5 hosts: 8 rollbacks", "Complete. Of 8 steps: 8 done."]);
    for it in &INSTALLED {
        it.works(fleet, it.of_a);
    }
    // What an operator had edited is as it was.
    let last = fleet.ask("exec-02", "tail -n1 /etc/md-cluster/md-core.conf");
    assert_eq!(last, "# edited by the operator");
    site.mdc(&["plan", "--detailed-exitcode"]).ends(2).tells(&["8 on 5 hosts: 8 upgrades"]);
}

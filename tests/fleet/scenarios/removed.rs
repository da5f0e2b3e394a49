//! Components that go from real hosts: dpkg and rpm take the package away, and nothing else.

use std::fs;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

/// The package database has no such package installed, systemd no such service that runs, and the
/// settings are still there.
const GONE: [(&str, &str); 2] = [
    (
        "exec-01",
        "dpkg-query -W -f '${db:Status-Status}\n' md-cluster-callback-service; \
         systemctl is-active md-cluster-callback-service; \
         test -e /etc/md-cluster/md-cluster-callback-service.conf && echo settings",
    ),
    (
        "exec-02",
        "rpm -q --quiet md-core || echo not-installed; systemctl is-active ometascan; \
         ls /etc/md-cluster/ | grep -q md-core.conf && echo settings",
    ),
];

pub(crate) fn run(fleet: &Fleet) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &[]));
    let manifest = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let without = |all: &str, stay: &str, goes: &str| {
        let listed = format!("components = {all}");
        assert!(manifest.contains(&listed), "no {listed}");
        (listed, format!("components = {stay}\nremoved = [\"{goes}\"]"))
    };
    let hook = without(
        "[\"worker\", \"md-core\", \"callback-service\"]",
        "[\"worker\", \"md-core\"]",
        "callback-service",
    );
    let core = without(
        "[\"worker\", \"md-core\", \"api-gateway\"]",
        "[\"worker\", \"api-gateway\"]",
        "md-core",
    );
    let changed = manifest.replace(&hook.0, &hook.1).replace(&core.0, &core.1);
    fs::write(site.path("mdc.toml"), changed).unwrap();
    site.mdc(&["apply", "--yes"]).ends(0).tells(&[
        "to be removed",
        "remove md-core",
        "Complete. Of ",
    ]);
    for (host, ask) in GONE {
        assert!(
            fleet.ask(host, ask).ends_with("inactive\nsettings"),
            "{host}: {}",
            fleet.ask(host, ask)
        );
    }
    on("exec-01", "md-core").works(fleet, "2.8.0");
    on("exec-02", "api-gateway").works(fleet, "2.8.0");
    on("exec-01", "worker").works(fleet, "2.9.0");
    site.is_as_desired();
}

//! A service that is healthy at first and then dies: its step has to notice.

use std::collections::BTreeSet;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &[]).with("control-center", "2.9.2");
    let site = Site::new(fleet, &release);
    let step = "control-01/control-center/upgrade";
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade control-center on control-01",
        "md-cluster-control-center is healthy on control-01",
        // From the service's own log.
        "lost the connection to its database: unsupported schema version 41",
        "see `journalctl -u md-cluster-control-center` on control-01",
        "Not started: ",
    ]);
    assert!(site.journal().has_failed(step));
    assert_eq!(site.journal().times_begun("exec-01/worker/upgrade"), 0);
    on("exec-01", "worker").works(fleet, "2.8.0");

    let repair =
        "echo dies_after_ms=0 | sudo tee -a /etc/md-cluster/md-cluster-control-center.conf";
    fleet.ask("control-01", repair);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["Complete."]);
    assert_eq!(site.journal().repeated(), BTreeSet::from([step]));
    on("control-01", "control-center").works(fleet, "2.9.2");
    site.is_as_desired();
}

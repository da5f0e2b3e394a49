//! Ctrl-C: running steps come to their end, nothing else is begun, and the run can be continued.

use std::collections::BTreeSet;

use rustix::process::Signal;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &["callback-service"]));
    let (worker, callback) = ("exec-01/worker/upgrade", "exec-01/callback-service/upgrade");
    let mut running = site.begin(&["apply", "--yes"]);
    running.says(&["running", "upgrade worker on exec-01", "install"]);
    running.send(Signal::INT);
    running.end().ends(1).tells(&[
        "stopping interrupted by Ctrl-C or a signal; waiting for the end of upgrade worker on exec-01",
        "Stopped: interrupted by Ctrl-C or a signal",
        "Not started: ",
        "go on mdc apply mdc.toml",
    ]);
    let journal = site.journal();
    assert!(journal.is_done(worker), "what ran came to its end");
    assert_eq!(journal.times_begun(callback), 0, "nothing else was begun");
    on("exec-01", "worker").works(fleet, "2.9.0");
    on("exec-01", "callback-service").works(fleet, "2.8.0");

    site.mdc(&["apply", "--yes"]).ends(0).tells(&["Complete."]);
    assert_eq!(site.journal().repeated(), BTreeSet::new());
    on("exec-01", "callback-service").works(fleet, "2.9.0");
    site.is_as_desired();
}

//! Package files go over the controller's line once, to one host of the site, which gives them to the others
//! by its own SSH server; no key is left anywhere.

use std::fs;

use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const RELAY: &str = "storage-01";
const FED: [&str; 4] = ["identity-01", "control-01", "exec-01", "exec-02"];
/// What goes to them; none of it is the relay's own.
const FILES: [&str; 3] = [
    "md-cluster-worker_2.9.0-1_amd64.deb",
    "md-core_2.9.0-1_amd64.deb",
    "md-core-2.9.0-1.x86_64.rpm",
];
/// What this machine has sent to all hosts: what hosts send one another is not among it.
const SENT: &str = "/sys/class/net/mdcfbr/statistics/tx_bytes";

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["worker", "md-core"]);
    let site = Site::with_manifest(fleet, &release, |manifest| with_relay(&manifest));
    let once: u64 = FILES.iter().map(|name| size(fleet, name)).sum();
    let each = once + 2 * size(fleet, FILES[0]);
    site.mdc(&["plan"]).ends(0).tells(&["north: storage-01 feeds", "from storage-01"]);
    let first = sent_by(|| drop(site.mdc(&["stage", "--yes"]).ends(0)));
    // The same connections and looks, and nothing to copy.
    let again = sent_by(|| drop(site.mdc(&["stage", "--yes"]).ends(0)));
    let files = first.saturating_sub(again);
    crate::say(&format!(
        "relays: {first} bytes sent while {once} were staged (directly: {each}), {again} when all was there: \
         {} % of the packages' size",
        files * 100 / once
    ));
    assert!(files > once * 9 / 10 && files < once * 23 / 20, "{files} bytes for {once}");
    for host in FED {
        let there = fleet.inside(host, "find /var/cache/mdc -type f -name '*2.9.0*'");
        assert!(!there.is_empty(), "{host} has its packages");
    }
    nothing_is_left(fleet);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["0 bytes to copy"]);
    nothing_is_left(fleet);
    let kept = fleet.inside(RELAY, "find /var/cache/mdc -type f");
    assert_eq!(kept, "", "what the relay has no use for is gone");
    site.is_as_desired();
}

/// The fleet as one site, with a Worker on two hosts more.
fn with_relay(manifest: &str) -> String {
    let labelled = manifest
        .replace("\ncomponents = [", "\nlabels = { site = \"north\" }\ncomponents = [")
        .replace("[\"identity-service\"]", "[\"identity-service\", \"worker\"]")
        .replace("[\"control-center\"]", "[\"control-center\", \"worker\"]");
    format!("{labelled}\n[copying.relays.north]\nhost = \"{RELAY}\"\n")
}

fn size(fleet: &Fleet, name: &str) -> u64 {
    fs::metadata(fleet.site.join("packages").join(name)).unwrap().len()
}

fn sent_by(does: impl FnOnce()) -> u64 {
    let sent = || fs::read_to_string(SENT).unwrap().trim().parse::<u64>().unwrap();
    let before = sent();
    does();
    sent() - before
}

fn nothing_is_left(fleet: &Fleet) {
    let keys = fleet.inside(RELAY, "cat /home/ops/.ssh/authorized_keys");
    assert!(!keys.contains("mdc-relay"), "{keys}");
    for host in FED {
        let left = fleet.inside(host, "find /run/mdc-relay -type f 2>/dev/null || :");
        assert_eq!(left, "", "{host}");
    }
}

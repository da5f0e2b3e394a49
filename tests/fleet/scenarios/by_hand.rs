//! A plan carried out by the scripts that `mdc emit` writes, over OpenSSH's own client; then `mdc` finds nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::on;
use crate::hosts::{Fleet, text};
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["identity-service"]);
    let site = Site::new(fleet, &release);
    site.mdc(&["plan", "-o", "plan.json"]).ends(0);
    site.mdc(&["emit", "plan.json", "-o", "night"]).ends(0).tells(&["to be carried out by hand"]);
    let index: Value =
        serde_json::from_slice(&fs::read(site.path("night/index.json")).unwrap()).unwrap();
    let mut waves: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for (host, about) in index["hosts"].as_object().unwrap() {
        carry(fleet, &site, host);
        for step in about["steps"].as_array().unwrap() {
            waves.entry(step["wave"].as_u64().unwrap()).or_default().insert(host);
        }
    }
    for (wave, hosts) in waves {
        for host in hosts {
            let said = script(fleet, host, &format!("run --wave {wave} --confirmed {wave}"));
            assert!(said.contains(&format!("Wave {wave} is done on {host}")), "{said}");
        }
    }
    let again = script(fleet, "identity-01", "run identity-01/identity-service/upgrade");
    assert!(again.contains("It is done already, since"), "{again}");
    script(fleet, "identity-01", "verify");
    on("identity-01", "identity-service").works(fleet, release.version("identity-service"));
    site.is_as_desired();
    fleet.inside("identity-01", "rm -rf /tmp/night /var/lib/mdc-by-hand");
}

/// Brings a host's folder there, as a stick would.
fn carry(fleet: &Fleet, site: &Site, host: &str) {
    let mut pack = Command::new("sh");
    pack.args(["-c", "tar -C \"$1\" -czf - \"$2\" | base64", "sh"])
        .arg(site.path("night/hosts"))
        .arg(host);
    let packed = text(&pack.output().unwrap().stdout);
    fleet.ask(
        host,
        &format!(
            "mkdir -p /tmp/night && base64 -d <<END | tar -C /tmp/night -xzf -\n{packed}END\n"
        ),
    );
}

fn script(fleet: &Fleet, host: &str, words: &str) -> String {
    fleet.ask(host, &format!("sudo bash /tmp/night/{host}/{host}.sh {words} --this-is {host}"))
}

//! A fleet of both: a Linux host over SSH and a Windows host over sealed WinRM go from A to B in one plan. The
//! Windows host is wine's on this machine, with an emulation in the place of PowerShell (see
//! `tests/winrm/README.md`): SEMANTICS OF THE SCRIPTS ARE NOT VERIFIED.

use std::fs;

use mdc::value::Digest;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;
use crate::wine_host::{WineHost, package};

pub(crate) fn run(fleet: &Fleet) {
    // This machine, as the fleet's hosts see it.
    let here = fleet.address("exec-01").replace(".1.5", ".0.1");
    let Some(host) = WineHost::start(&here) else { return };
    let release = Release::moving(&fleet.site, &["worker"]);
    let site = Site::with_manifest(fleet, &release, |manifest| {
        manifest + &host.in_manifest(WineHost::password())
    });
    let [old, new] = ["2.8.0", "2.9.0"].map(|version| package(&site.path(""), version));
    host.install(&old);
    let digest = Digest::of(&fs::read(new).unwrap());
    let own = format!(
        "\n[components.worker.packages.msi]\nfile = \"worker-2.9.0.msi\"\nsha256 = \"{digest}\"\n"
    );
    fs::write(site.path("release-b.toml"), release.to_text() + &own).unwrap();

    let file = site.path("plan.json");
    let file = file.to_str().unwrap();
    site.mdc(&["plan", "--detailed-exitcode", "-o", file])
        .ends(2)
        .tells(&["2 on 2 hosts: 2 upgrades"]);
    site.mdc(&["apply", file, "--yes"])
        .ends(0)
        .tells(&["done upgrade worker on exec-01", "done upgrade worker on win-01"]);
    on("exec-01", "worker").works(fleet, "2.9.0");
    assert_eq!(host.versions(), ["2.9.0"]);
    site.is_as_desired();
    host.is_left_clean();
}

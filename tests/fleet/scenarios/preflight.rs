//! Before anything changes: a full disk is refused when the plan is made, a package that says another
//! version of itself before any host is touched, and a missing dependency by the hosts' own package
//! managers, before stage 1.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const HOST: &str = "exec-01";

pub(crate) fn run(fleet: &Fleet) {
    full_disk(fleet);
    another_version(fleet);
    missing_dependency(fleet);
    on(HOST, "worker").works(fleet, "2.8.0");
    on("exec-02", "worker").works(fleet, "2.9.0");
}

fn full_disk(fleet: &Fleet) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &[]));
    fleet.host("fill", HOST);
    let said = site.mdc(&["plan"]);
    fleet.host("unfill", HOST);
    said.ends(1).tells(&["preflight::disk", "exec-01 has too little room on /"]);
}

/// A Worker of version 2.9.3, of which the deb says something else.
fn another_version(fleet: &Fleet) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &[]));
    let deb = deb(&site.path(""), "2.9.0-1", "");
    pin(&site, "2.9.3", &deb, None);
    let refused = site.mdc(&["apply", "--yes"]).ends(1);
    refused.tells(&[
        "release::package-identity",
        "its version is `2.9.0-1`",
        "`2.9.3` is expected",
    ]);
}

/// A Worker of version 2.9.3 that needs what no repository has.
fn missing_dependency(fleet: &Fleet) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &[]));
    let deb = deb(&site.path(""), "2.9.3-1", "Depends: libmissing (>= 2)\n");
    let rpm = rpm(&site.path(""));
    pin(&site, "2.9.3", &deb, Some(&rpm));
    let said = site.mdc(&["apply", "--yes"]).ends(1);
    said.tells(&[
        "rehearse the installation of md-cluster-worker 2.9.3 on exec-01",
        "libmissing",
        "rehearse the installation of md-cluster-worker 2.9.3 on exec-02",
        "nothing provides libmissing",
    ]);
    let journal = site.journal();
    assert_eq!(journal.changes(), Vec::<&str>::new());
}

pub(super) fn deb(folder: &Path, version: &str, more: &str) -> String {
    let tree = folder.join("tree");
    fs::create_dir_all(tree.join("DEBIAN")).unwrap();
    let control = format!(
        "Package: md-cluster-worker\nVersion: {version}\nArchitecture: amd64\n{more}\
         Maintainer: mdc test fleet <fleet@example.test>\nDescription: stand-in\n"
    );
    fs::write(tree.join("DEBIAN/control"), control).unwrap();
    let file = "worker.deb";
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-b"]).arg(&tree).arg(folder.join(file));
    assert!(build.output().unwrap().status.success());
    file.to_owned()
}

pub(super) fn rpm(folder: &Path) -> String {
    let spec = folder.join("worker.spec");
    let text = "Name: md-cluster-worker\nVersion: 2.9.3\nRelease: 1\nSummary: stand-in\nLicense: MIT\n\
                Requires: libmissing >= 2\n%description\nStand-in.\n%files\n";
    fs::write(&spec, text).unwrap();
    let top = format!("_topdir {}", folder.join("rpm").display());
    let mut build = Command::new("rpmbuild");
    build.args(["--quiet", "-bb", "--target", "x86_64", "--define", &top]).arg(&spec);
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    "rpm/RPMS/x86_64/md-cluster-worker-2.9.3-1.x86_64.rpm".to_owned()
}

/// Has the release pin these packages as the Worker of that version.
pub(super) fn pin(site: &Site, version: &str, deb: &str, rpm: Option<&str>) {
    let path = site.path("release-b.toml");
    let mut release: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
    let worker = release["components"]["worker"].as_table_mut().unwrap();
    worker.insert("version".to_owned(), version.into());
    let packages = worker["packages"].as_table_mut().unwrap();
    for (format, file) in [("deb", Some(deb)), ("rpm", rpm)] {
        let Some(file) = file else { continue };
        let digest = mdc::value::Digest::of(&fs::read(site.path(file)).unwrap());
        let mut package = toml::Table::new();
        package.insert("file".to_owned(), file.into());
        package.insert("sha256".to_owned(), digest.to_string().into());
        packages.insert(format.to_owned(), package.into());
    }
    fs::write(path, release.to_string()).unwrap();
}

//! Products out of the hosts' own repositories, by apt and by dnf: what isn't there or can't be installed is
//! known before anything changes, and what was fetched before is installed also when the repository is gone.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{on, preflight};
use crate::hosts::{Fleet, text};
use crate::release::Release;
use crate::site::Site;

const HOSTS: [&str; 2] = ["exec-01", "exec-02"];

pub(crate) fn run(fleet: &Fleet) {
    let repository = Repository::new(fleet);
    for (host, path, line) in [
        (
            HOSTS[0],
            "/etc/apt/sources.list.d/site.list",
            format!("deb [trusted=yes] {} ./", repository.url),
        ),
        (
            HOSTS[1],
            "/etc/yum.repos.d/site.repo",
            // Its lists are old at once: what was fetched is installed all the same.
            format!(
                "[site]\\nname=site\\nbaseurl={}\\ngpgcheck=0\\nmetadata_expire=1",
                repository.url
            ),
        ),
    ] {
        fleet.inside(host, &format!("printf '{line}\\n' > {path}"));
    }
    needed_by_a_file(fleet, &repository);
    let release = Release::moving(&fleet.site, &[]).by_repository("md-core", "md-core", "2.9.0");
    let site = Site::new(fleet, &release);
    not_offered(&site);
    for host in HOSTS {
        on(host, "md-core").works(fleet, "2.8.0");
    }
    not_installable(fleet, &repository);
    without_the_line(fleet, &site, repository);
    for host in HOSTS {
        on(host, "md-core").works(fleet, "2.9.0");
    }
    site.is_as_desired();
}

/// The repository is empty: the plan says so, and a run ends before it has changed anything.
fn not_offered(site: &Site) {
    let said = site.mdc(&["apply", "--yes"]).ends(1);
    said.tells(&[
        "exec-01/md-core knows of no md-core 2.9.0 in its repositories",
        "the same on exec-02/md-core",
        "fetch md-core 2.9.0 from the host's repository",
        "md-core 2.9.0 can't be had from the host's repositories",
    ]);
    let journal = site.journal();
    assert_eq!(journal.changes(), Vec::<&str>::new());
}

/// A Worker of version 2.9.3 that needs what no repository has: no plan is made.
fn not_installable(fleet: &Fleet, repository: &Repository) {
    let folder = tempfile::tempdir().unwrap();
    let deb = preflight::deb(folder.path(), "2.9.3-1", "Depends: libmissing (>= 2)\n");
    for package in [deb, preflight::rpm(folder.path())] {
        repository.add(&folder.path().join(package));
    }
    fleet.inside(HOSTS[0], "apt-get update -q");
    fleet.inside(HOSTS[1], "dnf makecache -q");
    let package = "md-cluster-worker";
    let release = Release::moving(&fleet.site, &[]).by_repository("worker", package, "2.9.3");
    let said = Site::new(fleet, &release).mdc(&["plan"]).ends(1);
    said.tells(&[
        "preflight::not-installable",
        "exec-01/worker would not install md-cluster-worker 2.9.3 from its repositories",
        "exec-02/worker",
        "libmissing",
    ]);
}

/// A package file of the Worker that needs what only the repository has: it comes along.
fn needed_by_a_file(fleet: &Fleet, repository: &Repository) {
    let site = Site::new(fleet, &Release::moving(&fleet.site, &[]));
    let script = "cd \"$1\"; dpkg-deb -R packages/md-cluster-worker_2.9.0-1_amd64.deb worker
        printf 'Depends: mdc-needed (>= 2)\\n' >> worker/DEBIAN/control; dpkg-deb -b worker worker.deb
        mkdir -p needed/DEBIAN; cp worker/DEBIAN/control needed/DEBIAN/; cd needed
        sed -i -e 's/^Package:.*/Package: mdc-needed/' -e '/^Depends:/d' DEBIAN/control; dpkg-deb -b . ../mdc-needed.deb";
    let mut shell = Command::new("sh");
    let made = shell.args(["-e", "-c", script, "sh"]).arg(site.path("")).output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    repository.add(&site.path("mdc-needed.deb"));
    fleet.inside(HOSTS[0], "apt-get update -q");
    preflight::pin(&site, "2.9.0", "worker.deb", None);
    site.mdc(&["apply", "--yes"]).ends(0);
    on(HOSTS[0], "worker").works(fleet, "2.9.0");
    let there = fleet.inside(HOSTS[0], "dpkg-query -W -f '${db:Status-Status}' mdc-needed");
    assert_eq!(there.trim(), "installed");
}

/// The same run goes on. The repository is gone as soon as both hosts have fetched their package.
fn without_the_line(fleet: &Fleet, site: &Site, repository: Repository) {
    for name in ["md-core_2.9.0-1_amd64.deb", "md-core-2.9.0-1.x86_64.rpm"] {
        repository.add(&fleet.site.join("packages").join(name));
    }
    let mut running = site.begin(&["apply", "--yes"]);
    running.says(&["running", "upgrade md-core on exec-01"]);
    drop(repository);
    running.end().ends(0);
}

/// A repository for apt and dnf, served by this machine as long as this lives.
struct Repository {
    folder: TempDir,
    url: String,
    server: Child,
}

impl Repository {
    fn new(fleet: &Fleet) -> Self {
        let (network, _) = fleet.address(HOSTS[0]).rsplit_once(".1.").unwrap();
        let gate = format!("{network}.0.1");
        let port = TcpListener::bind((&*gate, 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let server = Command::new("python3")
            .args(["-m", "http.server", "--bind", &gate, &port.to_string(), "--directory"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let repository = Self { folder, url: format!("http://{gate}:{port}"), server };
        repository.index();
        repository
    }

    fn add(&self, package: &Path) {
        let name = package.file_name().unwrap();
        fs::copy(package, self.folder.path().join(name)).unwrap();
        self.index();
    }

    fn index(&self) {
        let script = "dpkg-scanpackages . > Packages && createrepo_c --quiet .";
        let mut index = Command::new("sh");
        let done = index.args(["-c", script]).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

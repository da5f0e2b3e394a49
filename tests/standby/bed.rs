//! The example of hot backup with its instances at a stand-in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::site::{Ran, Site};
use crate::stand_in::{ARCHIVE, KEY, PASSWORD, StandIn, license_file};

pub(crate) struct Bed {
    pub(crate) site: Site,
    pub(crate) cores: StandIn,
}

const HOSTS: [&str; 3] = ["core-a", "core-b", "core-c"];

impl Bed {
    /// Instances that play `now` and should play `desired`; all on the same version.
    pub(crate) fn new(now: &[&'static str], desired: &[&str]) -> Self {
        let cores = StandIn::new(now);
        let site = Site::new();
        let mut text = format!(
            "format-version = 1\n[cluster]\nname = \"hot\"\nenvironment = \"test\"\nrelease = \
             \"release-b.toml\"\nprevious-release = \"release-a.toml\"\n[connections.sim.simulated]\nfolder = \
             \".mdc/fleet\"\nspeed = 0\ninstalled = {{ md-core = \"5.19.0\" }}\n[defaults]\nconnection = \
             \"sim\"\nos = \"debian-12\"\n[standby]\nuser = \"admin\"\npassword = {{ file = \"password\" \
             }}\nactivation-key = {{ file = \"key\" }}\nsettle-within = \"2s\"\nready-within = \
             \"2s\"\ngive-back-within = \"2s\"\ndeactivation = \"{}/deactivation?key={{key}}&deployment={{deployment}}\"\n",
            cores.url(now.len())
        );
        for (place, role) in desired.iter().enumerate() {
            let host = HOSTS[place];
            let table = format!(
                "[hosts.{host}]\naddress = \"10.0.2.1{place}\"\ncomponents = \
                 [\"md-core\"]\n[standby.cores.{host}]\nurl = \"{}\"\nrole = \"{role}\"\n",
                cores.url(place)
            );
            text.push_str(&table);
        }
        fs::remove_dir_all(site.path(".mdc")).unwrap();
        for name in ["release-a.toml", "release-b.toml"] {
            let from = format!("{}/examples/hot-backup/{name}", env!("CARGO_MANIFEST_DIR"));
            fs::copy(from, site.path(name)).unwrap();
        }
        fs::write(site.path("mdc.toml"), text).unwrap();
        let bed = Self { site, cores };
        for (name, value) in [("password", PASSWORD), ("key", KEY), ("archive", ARCHIVE)] {
            bed.secret(name, value);
        }
        for place in 0..now.len() {
            bed.secret(&format!("license-{place}.yml"), &license_file(place));
        }
        bed
    }

    fn secret(&self, name: &str, value: &str) {
        fs::write(self.site.path(name), value).unwrap();
        fs::set_permissions(self.site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn offline(&self) {
        for (place, host) in HOSTS.iter().enumerate().take(self.cores.roles().len()) {
            let table = format!("[standby.cores.{host}]\n");
            let more =
                format!("offline = true\nlicense-file = {{ file = \"license-{place}.yml\" }}\n");
            self.site.edit(&table, &format!("{table}{more}"));
            self.cores.state().cores[place].offline = true;
        }
    }

    /// Runs it, and sees that nothing secret is left anywhere and that nobody is logged in.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.site.mdc(arguments);
        assert!(!ran.said.contains("canary-"), "{}", ran.said);
        self.keeps_secrets();
        self.is_left();
        ran
    }

    /// Sees that no secret is anywhere but where it was put.
    pub(crate) fn keeps_secrets(&self) {
        let mut open = vec![self.site.path("")];
        while let Some(path) = open.pop() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if !["password", "key", "archive"].contains(&name.as_str())
                && !name.starts_with("license-")
                && let Ok(bytes) = fs::read(&path)
            {
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains("canary-"), "{}", path.display());
            }
        }
    }

    /// Nobody is logged in any more, but for those who had nothing to do with it.
    pub(crate) fn is_left(&self) {
        for core in &self.cores.state().cores {
            let left = core.sessions.iter().filter(|it| it.starts_with("canary-session"));
            assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
        }
    }

    /// How often a nomination was sent, whatever came of it.
    pub(crate) fn sent(&self, what: &str) -> usize {
        let state = self.cores.state();
        state.log.iter().filter(|it| format!("{} {}", it.method, it.path).contains(what)).count()
    }

    pub(crate) fn is_done(&self) {
        self.run(&["plan", "--detailed-exitcode"]).ended(0);
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.is_left();
        }
    }
}

//! Many real hosts, as far as SSH and jobs are concerned: an sshd on a loopback address each, in a
//! mount namespace in which `/var/lib` and `/var/cache` are its own, and the package manager is one of
//! a few lines.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mdc::value::Digest;

const SSHD: &str = "/usr/sbin/sshd";
const PORT: u16 = 2222;

const DPKG_QUERY: &str = r#"#!/bin/sh
read -r version </var/lib/dpkg/agent
case $* in *Package*) echo "agent installed $version" ;; *) echo "installed $version" ;; esac
"#;
const APT_GET: &str = r#"#!/bin/sh
[ "$1" != --simulate ] || exit 0
echo "$*" >>/var/lib/dpkg/log
echo 2.0-1 >/var/lib/dpkg/agent
"#;
const SYSTEMCTL: &str = "#!/bin/sh
case $1 in is-active) echo active ;; is-failed) exit 1 ;; esac
";

const COMPONENT: &str = r#"title = "Agent"
kind = "agent"
stage = "live"
upgrade-order = 10
install-order = 10
at-once = 1000
impact = "nothing"
package = { deb = "agent" }
unit = { deb = "agent" }
ports = { main = 9001 }
health = { command = "true" }
limits = { install = "5m", healthy = "5m", settle = "1s" }
durations = { install = "1s", start = "1s" }
when-unknown = "block"
"#;

/// The smallest package that says who it is (deb(5)).
pub(crate) fn deb(name: &str, version: &str) -> Vec<u8> {
    let control = format!("Package: {name}\nVersion: {version}-1\nArchitecture: all\n");
    let mut header = tar::Header::new_gnu();
    header.set_size(control.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "control", control.as_bytes()).unwrap();
    let archive = archive.into_inner().unwrap();
    let mut package = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", b"2.0\n".as_slice()), ("control.tar", &archive)] {
        package.extend(format!("{name:<48}{:<10}`\n", content.len()).bytes());
        package.extend(content);
    }
    package
}

pub(crate) struct Hosts {
    folder: tempfile::TempDir,
    servers: Vec<Child>,
    count: usize,
}

impl Hosts {
    /// So many hosts, and a site that moves the one component of each to its second version; none
    /// where they can't be had.
    pub(crate) fn start(count: usize) -> Option<Self> {
        let can = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
        if !Path::new(SSHD).exists()
            || !rustix::process::geteuid().is_root()
            || !can.is_ok_and(|status| status.success())
        {
            let why = "SKIPPED real hosts: they need root, mount namespaces and openssh-server";
            writeln!(std::io::stderr(), "{why}").unwrap();
            return None;
        }
        // The server's own empty folder (sshd(8), FILES).
        fs::create_dir_all("/run/sshd").unwrap();
        let mut hosts = Self { folder: tempfile::tempdir().unwrap(), servers: Vec::new(), count };
        hosts.write_site();
        hosts.write_server();
        for host in 1..=count {
            hosts.start_one(host);
        }
        hosts.await_all();
        Some(hosts)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn mdc(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(arguments).args(["--catalog", "catalog"]).current_dir(self.folder.path());
        command.env_remove("SSH_AUTH_SOCK").env("HOME", "/nonexistent").stdin(Stdio::null());
        command
    }

    /// What the package manager of each host was called with, line by line.
    pub(crate) fn logs(&self) -> Vec<Vec<String>> {
        let log = |host| fs::read_to_string(self.own(host).join("lib/dpkg/log"));
        let lines = |text: String| text.lines().map(str::to_owned).collect();
        (1..=self.count).map(|host| log(host).map(lines).unwrap_or_default()).collect()
    }

    /// What is left of jobs and records, by host.
    pub(crate) fn left(&self) -> Vec<PathBuf> {
        let folders = |host: usize| {
            let mdc = self.own(host).join("lib/mdc/many-test");
            assert!(mdc.join("fence").exists(), "host {host} was never changed");
            ["jobs", "runs"].map(|what| mdc.join(what))
        };
        let content = |folder: PathBuf| {
            fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path())
        };
        (1..=self.count).flat_map(folders).flat_map(content).collect()
    }

    fn own(&self, host: usize) -> PathBuf {
        self.path("hosts").join(host.to_string())
    }

    fn write_site(&self) {
        let write = |name: &str, text: &dyn AsRef<[u8]>| {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.as_ref()).unwrap();
        };
        for key in ["id", "host"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "mdc-test", "-f"]);
            assert!(keygen.arg(self.path(key)).status().unwrap().success());
        }
        let key = fs::read_to_string(self.path("host.pub")).unwrap();
        write("known_hosts", &format!("[127.77.0.*]:{PORT} {key}"));
        let package = deb("agent", "2.0");
        write("packages/agent_2.0-1_amd64.deb", &package);
        write("catalog/agent/component.toml", &COMPONENT);
        let digest = Digest::of(&package);
        write(
            "release.toml",
            &format!(
                "format-version = 1\nname = \"two\"\n[components.agent]\nversion = \"2.0\"\n\
                 packages.deb = {{ file = \"packages/agent_2.0-1_amd64.deb\", sha256 = \"{digest}\" }}\n"
            ),
        );
        let count = self.count;
        write(
            "mdc.toml",
            &format!(
                "format-version = 1\n\
                 [cluster]\nname = \"many\"\nenvironment = \"test\"\nrelease = \"release.toml\"\n\
                 [connections.many.ssh]\nuser = \"root\"\nport = {PORT}\nkey = \"id\"\n\
                 known-hosts = \"known_hosts\"\nagent = false\nsudo = \"none\"\n\
                 [defaults]\nconnection = \"many\"\nos = \"{}\"\n\
                 [hosts.\"node-[001..{count:03}]\"]\naddress = \"127.77.0.[1..{count}]\"\n\
                 components = [\"agent\"]\n",
                os()
            ),
        );
        for (name, script) in
            [("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("systemctl", SYSTEMCTL)]
        {
            write(&format!("bin/{name}"), &script);
            let path = self.path("bin").join(name);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn write_server(&self) {
        let folder = self.folder.path().display();
        let text = format!(
            "Port {PORT}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/id.pub\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nLogLevel ERROR\n\
             SetEnv PATH=/usr/local/sbin:/usr/bin:/bin HOME=/nonexistent\n"
        );
        fs::write(self.path("sshd_config"), text).unwrap();
    }

    /// It ends with this process, however that ends (prctl(2), `PR_SET_PDEATHSIG`).
    fn start_one(&mut self, host: usize) {
        let own = self.own(host);
        for folder in ["lib/dpkg", "cache"] {
            fs::create_dir_all(own.join(folder)).unwrap();
        }
        fs::write(own.join("lib/dpkg/agent"), "1.0-1\n").unwrap();
        let script = format!(
            "mount --bind {own}/lib /var/lib && mount --bind {own}/cache /var/cache &&\n\
             mount --bind {all}/bin /usr/local/sbin &&\n\
             exec {SSHD} -D -e -f {all}/sshd_config -o ListenAddress=127.77.0.{host}",
            own = own.display(),
            all = self.folder.path().display()
        );
        let mut server = Command::new("setpriv");
        server.args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]);
        server.args(["sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::null());
        let log = fs::File::create(own.join("log")).unwrap();
        self.servers.push(server.stderr(log).spawn().unwrap());
    }

    fn await_all(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        for host in 1..=self.count {
            while TcpStream::connect(format!("127.77.0.{host}:{PORT}")).is_err() {
                let log = fs::read_to_string(self.own(host).join("log")).unwrap();
                assert!(Instant::now() < until, "host {host} doesn't listen: {log}");
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// This machine's system, as manifests name it.
fn os() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    format!("{}-{}", value("ID="), value("VERSION_ID="))
}

//! A real PostgreSQL server in a folder of its own. It ends with the test program, however that ends.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use mdc::manifest::PostgresState;
use mdc::state::Postgres;
use postgres::{Client, NoTls};

pub(crate) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    /// Whom the server runs as, since it refuses to run as root.
    user: Option<&'static str>,
}

impl Server {
    /// The server that tests share which do it no harm.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[])).as_ref()
    }

    /// A server with `settings` besides its own; none when PostgreSQL is not installed.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped: PostgreSQL's server is not installed (Debian: postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("mdc-pg").tempdir().unwrap().keep();
        let is_root = rustix::process::getuid().is_root();
        let user = is_root.then_some("postgres");
        if is_root {
            let id = |what: &str| {
                let said = Command::new("id").args([what, "postgres"]).output().unwrap().stdout;
                String::from_utf8(said).unwrap().trim().parse().unwrap()
            };
            chown(&folder, Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs, port, user };
        let data = server.data();
        server.run("initdb", &["-D", &data, "-U", "mdc", "-A", "trust", "--no-sync"]);
        server.set(&[
            ("port", &port.to_string()),
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", server.folder.to_str().unwrap()),
            ("max_connections", "200"),
            // The machine doesn't lose its power during the tests.
            ("fsync", "off"),
        ]);
        server.set(settings);
        server.watch();
        server.control(&["start"]);
        Self::client(&server.address("postgres")).batch_execute("CREATE DATABASE mdc").unwrap();
        Some(server)
    }

    /// A second server that follows this one, which waits for it at each commit.
    pub(crate) fn standby(&self) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = self.folder.join("standby");
        let make = ["-p", "-m", "700", folder.to_str().unwrap()];
        assert!(self.as_user("mkdir").args(make).status().unwrap().success());
        let server = Self { folder, programs: self.programs.clone(), port, user: self.user };
        let from = self.port.to_string();
        let source = ["-h", "127.0.0.1", "-p", &from, "-U", "mdc", "-X", "stream", "-R"];
        server.run("pg_basebackup", &[&["-D", &server.data(), "-c", "fast"], &source[..]].concat());
        server.set(&[
            ("port", &port.to_string()),
            ("unix_socket_directories", server.folder.to_str().unwrap()),
        ]);
        server.watch();
        server.control(&["start"]);
        self.set(&[("synchronous_standby_names", "*")]);
        self.control(&["reload"]);
        server
    }

    pub(crate) fn data(&self) -> String {
        self.folder.join("data").to_str().unwrap().to_owned()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self, database: &str) -> String {
        format!("postgresql://mdc@127.0.0.1:{}/{database}", self.port)
    }

    /// Adds to the server's settings.
    pub(crate) fn set(&self, settings: &[(&str, &str)]) {
        let path = Path::new(&self.data()).join("postgresql.auto.conf");
        let mut text = fs::read_to_string(&path).unwrap();
        for (key, value) in settings {
            text.extend([*key, " = '", *value, "'\n"]);
        }
        fs::write(path, text).unwrap();
    }

    /// Puts a file that only the server may read beside its data.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let path = Path::new(&self.data()).join(name);
        fs::write(&path, content).unwrap();
        if self.user.is_some() {
            let owner = fs::metadata(self.data()).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// `pg_ctl` with `words`, which waits until it is done.
    pub(crate) fn control(&self, words: &[&str]) {
        let (data, log) = (self.data(), self.folder.join("log"));
        let own = ["-D", &data, "-l", log.to_str().unwrap(), "-w", "-s"];
        self.run("pg_ctl", &[&own, words].concat());
    }

    fn run(&self, program: &str, words: &[&str]) {
        let mut command = self.command(program);
        let output = command.args(words).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program}: {said}");
    }

    fn command(&self, program: &str) -> Command {
        self.as_user(self.programs.join(program))
    }

    /// A program as the server's user.
    fn as_user(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir("/");
        command
    }

    /// Ends the server once this process has ended: then the pipe that it holds closes.
    fn watch(&self) {
        let stop = self.command("pg_ctl");
        let words = stop.get_args().map(|word| word.to_str().unwrap());
        let stop: Vec<&str> =
            std::iter::once(stop.get_program().to_str().unwrap()).chain(words).collect();
        let script = format!(
            "trap '' INT TERM HUP; read _; {} -D {} -s -m immediate stop; rm -rf {}",
            stop.join(" "),
            self.data(),
            self.folder.display()
        );
        let mut watch = Command::new("sh");
        watch.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null());
        // It outlives this process, and its pipe is never closed before.
        std::mem::forget(watch.stderr(Stdio::null()).spawn().unwrap());
    }

    /// The store of `site` in the database at `address`.
    pub(crate) fn store(address: &str, site: &str) -> Postgres {
        Postgres::new(Self::setting(address, site), "".into())
    }

    pub(crate) fn setting(address: &str, site: &str) -> PostgresState {
        PostgresState {
            address: address.to_owned(),
            password: None,
            ca: None,
            encrypted: false,
            site: site.to_owned(),
        }
    }

    /// A connection of the tests' own.
    pub(crate) fn client(address: &str) -> Client {
        Client::connect(address, NoTls).unwrap()
    }

    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        fs::File::open(self.folder.join("log")).unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

/// Where Debian keeps the server's programs: the newest version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    programs.filter(|bin| bin.join("initdb").exists()).max()
}

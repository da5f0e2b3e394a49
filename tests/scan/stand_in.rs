//! The stand-in for the API Gateway, compiled and run here.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The program, compiled once for all tests of this process.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PROGRAM.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("md-stand-in");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleet/stand-in/service.rs");
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2021", "-O", "-o"]).arg(&path).arg(source);
        assert!(rustc.status().unwrap().success(), "rustc of the stand-in");
        (folder, path)
    });
    path
}

/// A gateway that listens on a port of its own.
pub(crate) struct StandIn {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl StandIn {
    /// Started with these settings.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let child = begin(folder.path(), port, settings);
        Self { folder, port, child }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives it other settings.
    pub(crate) fn set(&self, settings: &[(&str, &str)]) {
        configure(self.folder.path(), self.port, settings);
    }

    /// Kills it and starts it again.
    pub(crate) fn restart(&mut self, settings: &[(&str, &str)]) {
        self.stop();
        self.child = begin(self.folder.path(), self.port, settings);
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The heads of the requests that came: first line, then headers.
    pub(crate) fn requests(&self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.folder.path().join("requests")).unwrap_or_default();
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop();
    }
}

fn configure(folder: &Path, port: u16, settings: &[(&str, &str)]) {
    let folder_text = folder.display();
    let mut text =
        format!("port={port}\nscans={folder_text}/scans\nrequests={folder_text}/requests\n");
    text.extend(settings.iter().map(|(key, value)| format!("{key}={value}\n")));
    // Read at every request: it has to be there whole at any time.
    fs::write(folder.join("new"), text).unwrap();
    fs::rename(folder.join("new"), folder.join("conf")).unwrap();
}

fn begin(folder: &Path, port: u16, settings: &[(&str, &str)]) -> Child {
    configure(folder, port, settings);
    let mut command = Command::new(program());
    command.args(["md-cluster-api-gateway", "2.9.0"]).arg(folder.join("conf"));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    assert!(said.lines().map_while(Result::ok).any(|line| line.contains("ready on port")));
    child
}

//! Servers of Python's, each in a process of its own for as long as a test wants it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Debian's Python, for which Debian's aiosmtpd is.
const PYTHON: &str = "/usr/bin/python3";

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    taken: PathBuf,
}

impl Server {
    /// A mail server; `mode` as in `mail.py`.
    pub(crate) fn mail(folder: &Path, mode: &str, certificate: Option<(&Path, &Path)>) -> Self {
        let files: Vec<&Path> = certificate.into_iter().flat_map(|(a, b)| [a, b]).collect();
        Self::start("mail.py", (folder, mode), &files)
    }

    /// A web server; `mode` as in `web.py`.
    pub(crate) fn web(folder: &Path, mode: &str) -> Self {
        Self::start("web.py", (folder, mode), &[])
    }

    fn start(script: &str, (folder, mode): (&Path, &str), files: &[&Path]) -> Self {
        let taken = folder.join("taken.jsonl");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices").join(script);
        let mut child = Command::new(PYTHON)
            .arg(script)
            .arg(&taken)
            .arg(mode)
            .args(files)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port =
            line.trim().parse().expect("the server did not start: is python3-aiosmtpd there?");
        Self { child, port, taken }
    }

    /// What it was given, first to last.
    pub(crate) fn taken(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.taken).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A certificate for `name` that vouches for itself, and its key, as files.
pub(crate) fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", &format!("/CN={name}")])
        .args(["-addext", &format!("subjectAltName=DNS:{name}"), "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

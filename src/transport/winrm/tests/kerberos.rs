//! Kerberos, with a KDC and an acceptor of MIT's.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::manifest::{WinrmAuth, WinrmConnection};
use crate::transport::failure::Problem;

use super::harness::{Host, file, is_there, open, run, secret, told};

/// A realm, and a host in it.
struct Realm {
    child: Child,
    folder: tempfile::TempDir,
    port: String,
}

impl Realm {
    fn start() -> Option<Self> {
        if !is_there(Path::new("/usr/sbin/krb5kdc")) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(file("realm"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { child, folder, port: port.trim().to_owned() })
    }

    fn host(&self) -> Option<Host> {
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (config, keytab) = (path("krb5.conf"), path("http.keytab"));
        let variables = [("KRB5_CONFIG", config.as_str()), ("KRB5_KTNAME", keytab.as_str())];
        Host::start_with(&["--auth", "kerberos"], &variables)
    }

    fn settings(&self, host: &Host, auth: WinrmAuth) -> WinrmConnection {
        let mut settings = host.settings(auth);
        settings.realm = Some("MDC.TEST".to_owned());
        settings.kdc = Some(format!("127.0.0.1:{}", self.port));
        settings
    }
}

impl Drop for Realm {
    /// At the end of its standard input it ends its KDC.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn tried(settings: &WinrmConnection) {
    let mut shell = open(settings).unwrap_or_else(|trouble| panic!("{trouble:?}"));
    for number in 0..3 {
        let left = run(&mut shell, &format!("cat; exit {number}"), b"hello").unwrap();
        assert_eq!((left.status, left.stdout.as_str()), (number, "hello"));
    }
}

#[test]
fn by_password_and_by_keytab() {
    let Some(realm) = Realm::start() else { return };
    let Some(host) = realm.host() else { return };
    for auth in [WinrmAuth::Kerberos, WinrmAuth::Negotiate] {
        for user in ["alice", "alice@mdc.test", "MDC\\alice"] {
            let mut settings = realm.settings(&host, auth);
            settings.user = user.to_owned();
            tried(&settings);
        }
    }
    let mut settings = realm.settings(&host, WinrmAuth::Kerberos);
    settings.user = "svc".to_owned();
    settings.password = None;
    settings.keytab = Some(realm.folder.path().join("svc.keytab").try_into().unwrap());
    tried(&settings);
    let said = host.end();
    assert!(told(&said, "login").iter().all(|it| it["mechanism"] == "kerberos"), "{said:?}");
}

#[test]
fn nothing_else_is_tried() {
    let Some(realm) = Realm::start() else { return };
    let Some(host) = realm.host() else { return };
    let good = realm.settings(&host, WinrmAuth::Negotiate);
    let wrong = WinrmConnection { password: Some(secret("Password02")), ..good.clone() };
    let nobody = WinrmConnection { user: "nobody".to_owned(), ..good.clone() };
    let silent = WinrmConnection { kdc: Some("127.0.0.1:1".to_owned()), ..good };
    for settings in [wrong, nobody] {
        let trouble = open(&settings).err().unwrap();
        assert!(matches!(trouble.problem, Problem::Login(_)), "{trouble:?}");
    }
    let trouble = open(&silent).err().unwrap();
    assert!(matches!(trouble.problem, Problem::Unreachable(_)), "{trouble:?}");
    assert!(trouble.hint.contains("`kdc`"), "{trouble:?}");
    let said = host.end();
    assert!(told(&said, "attempt").is_empty(), "{said:?}");
}

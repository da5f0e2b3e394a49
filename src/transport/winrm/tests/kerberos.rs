//! Kerberos, with a KDC and an acceptor of MIT's.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::manifest::{WinrmAuth, WinrmConnection};
use crate::transport::failure::Problem;

use super::super::shell::WinrmShell;
use super::harness::{Host, file, is_there, open, place, run, secret, told};
use super::logins::over_tls_with;
use super::mishaps::nobody_waits_for_a_silent_host;

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
        let variables = self.variables();
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        Host::start_with(&["--auth", "kerberos"], &variables)
    }

    /// What the acceptor has to know of the realm.
    fn variables(&self) -> [(&'static str, String); 2] {
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        [("KRB5_CONFIG", path("krb5.conf")), ("KRB5_KTNAME", path("http.keytab"))]
    }

    fn settings(&self, host: &Host, auth: WinrmAuth) -> WinrmConnection {
        self.joined(host.settings(auth))
    }

    /// A connection to a host of the realm.
    fn joined(&self, mut settings: WinrmConnection) -> WinrmConnection {
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
    // As any file that holds a secret.
    let keytab = realm.folder.path().join("svc.keytab");
    std::fs::set_permissions(keytab, std::fs::Permissions::from_mode(0o644)).unwrap();
    let trouble = open(&settings).err().unwrap();
    assert!(trouble.problem.to_string().contains("chmod 600"), "{trouble:?}");
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
    let silent = WinrmConnection { kdc: Some("127.0.0.1:1".to_owned()), ..good.clone() };
    for settings in [wrong, nobody] {
        let trouble = open(&settings).err().unwrap();
        assert!(matches!(trouble.problem, Problem::Refused(_)), "{trouble:?}");
    }
    // A service that the realm does not know is that host's matter.
    let stranger = WinrmShell::open(place("127.0.0.1", &good)).err().unwrap();
    assert!(matches!(stranger.problem, Problem::Login(_)), "{stranger:?}");
    let trouble = open(&silent).err().unwrap();
    assert!(matches!(trouble.problem, Problem::Unreachable(_)), "{trouble:?}");
    assert!(trouble.hint.contains("`kdc`"), "{trouble:?}");
    let said = host.end();
    assert!(told(&said, "attempt").is_empty(), "{said:?}");
}

/// The KDC has judged the password before the host hears anything.
#[test]
fn nobody_waits_for_a_host_that_says_nothing_to_a_ticket() {
    let Some(realm) = Realm::start() else { return };
    let Some(host) = realm.host() else { return };
    nobody_waits_for_a_silent_host(&realm.settings(&host, WinrmAuth::Kerberos));
    host.end();
}

#[test]
fn over_https_the_realm_judges_as_well() {
    let Some(realm) = Realm::start() else { return };
    let variables = realm.variables();
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    for auth in [WinrmAuth::Kerberos, WinrmAuth::Negotiate] {
        let both = over_tls_with(auth, &["--auth", "kerberos"], &variables);
        let Some((host, settings)) = both else { return };
        let settings = realm.joined(settings);
        tried(&settings);
        let wrong = WinrmConnection { password: Some(secret("Password02")), ..settings };
        let trouble = open(&wrong).err().unwrap();
        assert!(matches!(trouble.problem, Problem::Refused(_)), "{trouble:?}");
        let said = host.end();
        assert_eq!(told(&said, "login").len(), 1, "{said:?}");
        assert!(told(&said, "login").iter().all(|it| it["mechanism"] == "kerberos"), "{said:?}");
    }
}

/// The answer of a KDC whose clock is another one: KRB-ERROR 37, `KRB_AP_ERR_SKEW` (RFC 4120, 5.9.1).
fn skewed() -> Vec<u8> {
    fn part(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }
    let number = |tag, number| part(tag, &part(0x02, &[number]));
    let text = |tag, text: &str| part(tag, &part(0x1b, text.as_bytes()));
    let names = part(0x30, &[part(0x1b, b"krbtgt"), part(0x1b, b"MDC.TEST")].concat());
    let service = part(0x30, &[number(0xa0, 2), part(0xa1, &names)].concat());
    let parts = [
        number(0xa0, 5),
        number(0xa1, 30),
        part(0xa4, &part(0x18, b"20260101000000Z")),
        number(0xa5, 0),
        number(0xa6, 37),
        text(0xa9, "MDC.TEST"),
        part(0xaa, &service),
    ];
    let error = part(0x7e, &part(0x30, &parts.concat()));
    [&u32::try_from(error.len()).unwrap().to_be_bytes(), error.as_slice()].concat()
}

#[test]
fn a_clock_that_kerberos_does_not_bear_is_told_with_what_to_change() {
    let Some(host) = Host::start(&[]) else { return };
    let kdc = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = kdc.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut socket in kdc.incoming().map_while(Result::ok) {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(&skewed());
        }
    });
    let mut settings = host.settings(WinrmAuth::Kerberos);
    settings.realm = Some("MDC.TEST".to_owned());
    settings.kdc = Some(format!("127.0.0.1:{port}"));
    let trouble = open(&settings).err().unwrap();
    let said = format!("{}; {}", trouble.problem, trouble.hint);
    assert!(said.contains("clock") && said.contains("time server"), "{said}");
    let said = host.end();
    assert!(told(&said, "attempt").is_empty(), "{said:?}");
}

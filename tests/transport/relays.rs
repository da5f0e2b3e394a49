//! The commands by which a host gets a package file from the relay of its site, on a real server: one
//! machine plays both hosts, each with a folder of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command as Program;

use camino::Utf8PathBuf;
use mdc::desired::Relay;
use mdc::manifest::Otherwise;
use mdc::step::Relayed;
use mdc::transport::{Command, End, Output};
use mdc::value::{Digest, RemotePath};

use crate::sshd::{Sshd, me, public, skips};

/// Bytes that are got at once here; what commands say otherwise.
const PIECE: (&str, &str) = ("134217728", "1000000");
const MARK: &str = "mdc-relay-0123456789ab-core-02";

/// A file on a relay, and whoever is to get it.
struct Site {
    sshd: Sshd,
    content: Vec<u8>,
    /// Where the relay has it.
    relay: Utf8PathBuf,
    /// Where it goes.
    path: Utf8PathBuf,
    /// The folder of the key.
    key: Utf8PathBuf,
    /// The login user's keys on the relay.
    authorized: Utf8PathBuf,
    find: Command,
    offer: Command,
    pull: Command,
    lend: Command,
    admit: Command,
    dismiss: Command,
}

impl Site {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(home.path().to_owned()).unwrap();
        fs::write(folder.join("always"), public("user")).unwrap();
        let authorized = folder.join(".ssh/authorized_keys");
        let lines =
            format!("AuthorizedKeysFile {folder}/always {authorized}\nSetEnv HOME={folder}");
        let sshd = Sshd::with_files(&lines, Some(home));
        let content: Vec<u8> =
            (0..2_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let (digest, size) = (Digest::of(&content), content.len() as u64);
        let place = |name: &str| folder.join(name).join(digest.to_string()).join("core 1's.deb");
        let (relay, path) = (place("relay"), place("fed"));
        fs::create_dir_all(relay.parent().unwrap()).unwrap();
        fs::write(&relay, &content).unwrap();
        let key = folder.join("key");
        let at = Relay {
            host: "core-01".parse().unwrap(),
            address: "127.0.0.1".to_owned(),
            port: sshd.port,
            otherwise: Otherwise::Refuse,
        };
        let remote = |path: &Utf8PathBuf| path.as_str().parse::<RemotePath>().unwrap();
        let (on_relay, on_fed) = (remote(&relay), remote(&path));
        let of = |path| Relayed { from: "core 1's.deb", path, digest: &digest, size };
        let here = |mut command: Command| {
            let keys = format!("/run/mdc-relay/{}", digest.short());
            let run = command.run.replace(&keys, key.as_str()).replace(PIECE.0, PIECE.1);
            command.run = format!("export HOME={folder}; {run}");
            command
        };
        let [find, offer, pull] = <[Command; 3]>::try_from(of(&on_fed).fed(&at)).unwrap().map(here);
        let [lend, admit, dismiss] =
            <[Command; 3]>::try_from(of(&on_relay).feeds()).unwrap().map(here);
        Self {
            sshd,
            content,
            relay,
            path,
            key,
            authorized,
            find,
            offer,
            pull,
            lend,
            admit,
            dismiss,
        }
    }

    fn run(&self, command: &Command, input: &str) -> (End, String, String) {
        let mut input = input.as_bytes();
        let Output { end, stdout, stderr } =
            self.sshd.open().run(command, Some(&mut input)).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
        (end, text(stdout), text(stderr))
    }

    /// What a host has to know of its relay, whose key the connection vouches for.
    fn known(&self) -> String {
        format!("{}\n{}\n", me(), self.sshd.open().host_key().unwrap())
    }

    fn admitted(&self) {
        let (end, key, said) = self.run(&self.offer, "");
        assert_eq!((end, said.as_str()), (End::Exit(0), ""));
        assert!(key.starts_with("ecdsa-sha2-nistp256 ") && key.lines().count() == 1, "{key}");
        assert_eq!(self.run(&self.lend, ""), (End::Exit(0), String::new(), String::new()));
        let (end, user, said) = self.run(&self.admit, &format!("{MARK} {key}\n"));
        assert_eq!((end, user, said.as_str()), (End::Exit(0), me(), ""));
    }

    fn pull(&self) -> (End, String, String) {
        self.run(&self.pull, &self.known())
    }

    fn dismissed(&self) {
        assert_eq!(self.run(&self.dismiss, &format!("{MARK}\n")).0, End::Exit(0));
        assert!(!self.authorized.exists(), "nothing is left of the keys");
    }

    fn part(&self) -> Utf8PathBuf {
        format!("{}.part", self.path).into()
    }
}

#[test]
fn a_host_gets_a_file_piece_by_piece_and_no_key_is_left() {
    if skips("relays") {
        return;
    }
    let site = Site::new();
    assert_eq!(site.run(&site.find, "").0, End::Exit(1));
    assert_eq!(site.sshd.open().host_key().unwrap(), public("host"));
    site.admitted();
    let line = fs::read_to_string(&site.authorized).unwrap();
    assert!(line.starts_with("restrict,command=\"") && line.contains("expiry-time=\""), "{line}");
    let more = |bytes: &str| (End::Exit(75), bytes.to_owned(), String::new());
    assert_eq!(site.pull(), more("1000000"));
    assert_eq!(site.pull(), more("2000000"));
    assert_eq!(site.pull(), (End::Exit(0), String::new(), String::new()));
    site.dismissed();
    assert_eq!(fs::read(&site.path).unwrap(), site.content);
    assert_eq!(fs::metadata(&site.path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!site.part().exists() && !site.key.exists());
    assert_eq!(site.run(&site.find, "").0, End::Exit(0));
}

#[test]
fn a_key_reads_this_file_and_does_nothing_else() {
    if skips("keys of relays") {
        return;
    }
    let site = Site::new();
    site.admitted();
    let ask = |what: &[&str]| {
        let known = format!("[127.0.0.1]:{} {}\n", site.sshd.port, public("host"));
        fs::write(site.key.join("known"), known).unwrap();
        let (key, known) = (site.key.join("key"), site.key.join("known"));
        let file = format!("UserKnownHostsFile={known}");
        let port = site.sshd.port.to_string();
        let place = format!("{}@127.0.0.1", me());
        let options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentityAgent=none", "-o"];
        let words =
            [&options[..], &[&file, "-i", key.as_str(), "-p", &port, &place], what].concat();
        Program::new("ssh").args(words).output().unwrap()
    };
    let output = ask(&["2499991"]);
    assert_eq!(output.stdout, &site.content[2_499_990..], "{output:?}");
    for other in ["id", "1; id", " -c+1 /etc/hosts", "$(id)", "1\nid", "", "+1", "1 /etc/hosts"] {
        let output = ask(&[other]);
        assert_eq!(output.status.code(), Some(2), "{other}: {output:?}");
        assert_eq!(output.stdout, b"", "{other}");
    }
    assert_ne!(ask(&["-s", "sftp"]).status.code(), Some(0));
    site.dismissed();
    assert_eq!(ask(&["1"]).status.code(), Some(255), "it is let in no more");
    let (end, _, said) = site.pull();
    assert_eq!(end, End::Exit(1));
    assert!(said.contains("Permission denied") && said.contains("nothing came"), "{said}");
    assert!(!site.key.exists());
}

#[test]
fn other_bytes_than_were_reviewed_are_refused_at_both_ends() {
    if skips("wrong bytes of relays") {
        return;
    }
    let site = Site::new();
    site.admitted();
    let mut other = site.content.clone();
    other[2_400_000] ^= 1;
    fs::write(&site.relay, &other).unwrap();
    assert_eq!(site.pull().0, End::Exit(75));
    assert_eq!(site.pull().0, End::Exit(75));
    let (end, _, said) = site.pull();
    let why = "what came from the relay is not the file that was reviewed";
    assert_eq!((end, said.as_str()), (End::Exit(1), why));
    assert!(!site.path.exists() && !site.part().exists() && !site.key.exists());
    assert_eq!(site.run(&site.lend, "").0, End::Exit(1), "the relay doesn't lend it again");
}

#[test]
fn another_relay_than_the_known_one_gets_no_login() {
    if skips("keys of hosts that relays show") {
        return;
    }
    let site = Site::new();
    site.admitted();
    let (end, _, said) = site.run(&site.pull, &format!("{}\n{}\n", me(), public("host2")));
    assert_eq!(end, End::Exit(1));
    assert!(said.contains("Host key verification failed"), "{said}");
}

#[test]
fn what_a_relay_gave_before_it_died_is_gone_on_with() {
    if skips("relays that die") {
        return;
    }
    let site = Site::new();
    site.admitted();
    assert_eq!(site.pull().0, End::Exit(75));
    fs::write(&site.relay, "").unwrap();
    let (end, _, said) = site.pull();
    assert_eq!((end, said.as_str()), (End::Exit(1), "nothing came from the relay"));
    assert!(!site.key.exists());
    site.dismissed();
    assert_eq!(fs::metadata(site.part()).unwrap().len(), 1_000_000);
    assert_eq!(site.run(&site.find, "").1, "1000000");
    fs::write(&site.relay, &site.content).unwrap();
    site.admitted();
    assert_eq!(site.pull().1, "2000000");
    // The controller dies here: the key is left, and goes when somebody looks for the file again.
    assert!(site.key.exists());
    assert_eq!(site.run(&site.find, "").1, "2000000");
    assert!(!site.key.exists());
    site.dismissed();
}

#[test]
fn the_keys_of_others_stay_and_those_that_ended_go() {
    if skips("keys beside those of relays") {
        return;
    }
    let site = Site::new();
    let others = format!("# of the operators\n\n{} mdc-relay-or-not", public("other"));
    let ended =
        "restrict,expiry-time=\"20200101000000\" ecdsa-sha2-nistp256 AAAA mdc-relay-00-core-09";
    fs::create_dir_all(site.authorized.parent().unwrap()).unwrap();
    // Without an end of line, and readable by all, as it may be.
    fs::write(&site.authorized, format!("{ended}\n{others}")).unwrap();
    fs::set_permissions(&site.authorized, fs::Permissions::from_mode(0o644)).unwrap();
    site.admitted();
    let now = fs::read_to_string(&site.authorized).unwrap();
    assert!(now.starts_with(&others) && !now.contains("core-09") && now.contains(MARK), "{now}");
    assert_eq!(site.run(&site.dismiss, &format!("{MARK}\n")).0, End::Exit(0));
    assert_eq!(fs::read_to_string(&site.authorized).unwrap(), format!("{others}\n"));
    assert_eq!(fs::metadata(&site.authorized).unwrap().permissions().mode() & 0o777, 0o644);
    for odd in ["", "root\n", "mdc-relay-a;id x y\n", "mdc-relay-a ssh-rsa AA\"AA\n"] {
        assert_eq!(site.run(&site.admit, odd).0, End::Exit(2), "{odd}");
    }
}

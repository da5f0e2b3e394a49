//! Held against OpenSSH itself: what `ssh-keygen -Y verify` takes is taken, and nothing else.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, LineEnding, PublicKey, SshSig};

use super::pattern::fits_list;
use super::*;
use crate::diagnostic::SourceText;

const TEXT: &[u8] = b"a plan\n";

/// A folder with keys, whose names are those of their files.
struct Keys(tempfile::TempDir);

impl Keys {
    fn new(kinds: &[(&str, &[&str])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, kind) in kinds {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-N", "", "-C", "", "-f"])
                .arg(folder.path().join(name))
                .args(*kind)
                .status();
            assert!(made.unwrap().success(), "{name}");
        }
        Self(folder)
    }

    fn ed25519(names: &[&str]) -> Self {
        let kinds: Vec<(&str, &[&str])> =
            names.iter().map(|name| (*name, ["-t", "ed25519"].as_slice())).collect();
        Self::new(&kinds)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What the .pub file holds.
    fn public(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path().join(format!("{name}.pub"))).unwrap();
        text.trim().to_owned()
    }

    fn sign(&self, name: &str, namespace: &str, text: &[u8]) -> Vec<u8> {
        let file = self.path().join("text");
        fs::write(&file, text).unwrap();
        let _ = fs::remove_file(self.path().join("text.sig"));
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
            .arg(self.path().join(name))
            .arg(&file)
            .status();
        assert!(signed.unwrap().success());
        fs::read(self.path().join("text.sig")).unwrap()
    }

    /// Whether OpenSSH takes the signature as one of `person`.
    fn openssh_takes(&self, person: &str, signers: &str, (text, armoured): (&[u8], &[u8])) -> bool {
        let (file, allowed) = (self.path().join("given.sig"), self.path().join("allowed"));
        fs::write(&file, armoured).unwrap();
        fs::write(&allowed, signers).unwrap();
        let mut child = Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", PLAN, "-I", person, "-f"])
            .arg(&allowed)
            .arg("-s")
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It may be gone before it has read all.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), text);
        child.wait().unwrap().success()
    }
}

fn signers(text: &str) -> Signers {
    let source = SourceText { name: "allowed_signers".into(), text: text.into() };
    Signers::parse(&Arc::new(source)).unwrap()
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn verdict(signers: &str, text: &[u8], armoured: &[u8]) -> Result<Signed, Unsigned> {
    Signature::parse(armoured)?.by(&self::signers(signers), (text, PLAN), now())
}

#[test]
fn keys_of_every_kind_sign() {
    let keys = Keys::new(&[
        ("ed25519", &["-t", "ed25519"]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
    ]);
    for name in ["ed25519", "p256", "p384", "p521", "rsa"] {
        let allowed = format!("# those who may\n\n{name}@bank {} a comment\n", keys.public(name));
        let armoured = keys.sign(name, PLAN, TEXT);
        let signed = verdict(&allowed, TEXT, &armoured).unwrap();
        assert_eq!(signed.person, format!("{name}@bank"));
        let shown = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(keys.path().join(format!("{name}.pub")))
            .output()
            .unwrap();
        assert!(String::from_utf8(shown.stdout).unwrap().contains(&signed.fingerprint), "{name}");
        assert_eq!(verdict(&allowed, b"another plan\n", &armoured), Err(Unsigned::Content));
    }
}

#[test]
fn what_openssh_takes_is_taken_and_nothing_else() {
    let keys = Keys::ed25519(&["alice", "bob"]);
    let key = keys.public("alice");
    let ours = keys.sign("alice", PLAN, TEXT);
    let file = keys.sign("alice", "file", TEXT);
    let cases: [(&str, &[u8], bool); 15] = [
        ("", &ours, true),
        ("", &file, false),
        ("namespaces=\"mdc.plan\" ", &ours, true),
        ("namespaces=\"git,mdc.*\" ", &ours, true),
        ("NameSpaces=\"mdc.p?an\" ", &ours, true),
        ("namespaces=\"git\" ", &ours, false),
        ("namespaces=\"mdc.*,!mdc.plan\" ", &ours, false),
        ("namespaces=\"!git\" ", &ours, false),
        ("namespaces=\"mdc.pla\" ", &ours, false),
        ("valid-after=\"20200101Z\" ", &ours, true),
        ("valid-after=\"20990101Z\" ", &ours, false),
        ("valid-before=\"202001010000Z\" ", &ours, false),
        ("valid-before=\"20990101235959Z\" ", &ours, true),
        ("valid-after=\"20200101Z\",valid-before=\"20990101Z\",namespaces=\"mdc.*\" ", &ours, true),
        ("valid-after=\"20200101Z\",namespaces=\"git\" ", &ours, false),
    ];
    for (options, armoured, good) in cases {
        let allowed = format!("alice {options}{key}\n");
        let said = verdict(&allowed, TEXT, armoured);
        assert_eq!(said.is_ok(), good, "{options}: {said:?}");
        assert_eq!(keys.openssh_takes("alice", &allowed, (TEXT, armoured)), good, "{options}");
    }
    let others = format!("bob {}\n", keys.public("bob"));
    assert!(matches!(verdict(&others, TEXT, &ours), Err(Unsigned::Unknown(_))));
    assert!(!keys.openssh_takes("bob", &others, (TEXT, &ours)));
    // A second line of the same key may allow what the first doesn't.
    let twice = format!("alice namespaces=\"git\" {key}\nalice namespaces=\"mdc.*\" {key}\n");
    assert!(verdict(&twice, TEXT, &ours).is_ok());
}

#[test]
fn any_other_byte_is_another_signature() {
    let keys = Keys::ed25519(&["alice"]);
    let allowed = format!("alice {}\n", keys.public("alice"));
    let good = keys.sign("alice", PLAN, TEXT);
    let allowed_signers = signers(&allowed);
    for place in 0..good.len() {
        for changed in [good[place] ^ 1, b'\r', b'='] {
            let mut bad = good.clone();
            bad[place] = changed;
            if bad != good {
                let said = Signature::parse(&bad)
                    .and_then(|it| it.by(&allowed_signers, (TEXT, PLAN), now()));
                assert!(said.is_err(), "byte {place} as {changed} is taken");
            }
        }
    }
    for bad in [&good[..good.len() - 1], b"", &[&good[..], b"\n"].concat(), &vec![0; 99_999]] {
        assert!(matches!(Signature::parse(bad), Err(Unsigned::Shape)));
    }
}

/// What a hardware key of the kind `sk-ssh-ed25519` makes over `text` (OpenSSH's PROTOCOL.u2f).
fn by_hardware(text: &[u8], flags: u8) -> (String, Vec<u8>) {
    let key = openssl::pkey::PKey::generate_ed25519().unwrap();
    let part = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let wire =
        [part(b"sk-ssh-ed25519@openssh.com"), part(&key.raw_public_key().unwrap()), part(b"ssh:")];
    let public = PublicKey::from_bytes(&wire.concat()).unwrap();
    let sha256 = |bytes: &[u8]| openssl::sha::sha256(bytes);
    let message = SshSig::signed_data(PLAN, HashAlg::Sha512, text).unwrap();
    let trailer = [flags, 0, 0, 0, 7];
    let signed = [&sha256(b"ssh:")[..], &trailer, &sha256(&message)].concat();
    let mut hardware = openssl::sign::Signer::new_without_digest(&key).unwrap();
    let raw = [hardware.sign_oneshot_to_vec(&signed).unwrap(), trailer.to_vec()].concat();
    let signature = ssh_key::Signature::new(Algorithm::SkEd25519, raw).unwrap();
    let data: KeyData = public.key_data().clone();
    let whole = SshSig::new(data, PLAN, HashAlg::Sha512, signature).unwrap();
    (public.to_openssh().unwrap(), whole.to_pem(LineEnding::LF).unwrap().into_bytes())
}

#[test]
fn a_hardware_key_has_to_be_touched() {
    let keys = Keys::ed25519(&[]);
    let (public, touched) = by_hardware(TEXT, 1);
    let allowed = format!("alice {public}\n");
    assert!(keys.openssh_takes("alice", &allowed, (TEXT, &touched)), "made as OpenSSH reads it");
    assert_eq!(verdict(&allowed, TEXT, &touched).unwrap().person, "alice");
    let (public, untouched) = by_hardware(TEXT, 0);
    let said = verdict(&format!("alice {public}\n"), TEXT, &untouched);
    assert!(matches!(said, Err(Unsigned::Untouched(_))), "{said:?}");
}

#[test]
fn people_are_told_apart_by_names_and_keys() {
    let keys = Keys::ed25519(&["one", "two", "three", "four"]);
    let key = |name: &str| keys.public(name);
    let people = |lines: &[String]| {
        let signers = signers(&lines.join("\n"));
        signers.people(PLAN).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let line = |name: &str, own: &str| format!("{name} {}", key(own));
    assert_eq!(people(&[line("alice", "one"), line("bob", "two")]), ["alice", "bob"]);
    assert_eq!(people(&[line("alice", "one"), line("alice", "two")]), ["alice"]);
    assert_eq!(people(&[line("alice", "one"), line("bob", "one")]), ["alice"]);
    // Linked only by a line that comes last.
    let chain = [line("alice", "one"), line("al", "two"), line("al,alice@home,alice", "three")];
    assert_eq!(people(&chain), ["alice"]);
    let only_git = format!("carol namespaces=\"git\" {}", key("four"));
    assert_eq!(people(&[line("alice", "one"), only_git]), ["alice"]);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_line() {
    let keys = Keys::new(&[("good", &["-t", "ed25519"]), ("short", &["-t", "rsa", "-b", "1024"])]);
    let (good, short) = (keys.public("good"), keys.public("short"));
    let cases = [
        (format!("*@bank {good}"), "doesn't name a person"),
        (format!("!alice,bob {good}"), "doesn't name a person"),
        (format!("\"alice\" {good}"), "doesn't name a person"),
        (format!("alice, {good}"), "doesn't name a person"),
        (format!("alice cert-authority {good}"), "certificates are not supported"),
        (format!("alice namespaces=\"mdc.*\",cert-authority {good}"), "certificates"),
        (format!("alice valid-after=\"20260101\" {good}"), "not a time"),
        (format!("alice valid-after=\"20261301Z\" {good}"), "not a time"),
        (format!("alice valid-after=\"2026é01Z\" {good}"), "not a time"),
        (format!("alice valid-before=20260101Z {good}"), "no option"),
        (format!("alice namespaces=\"\" {good}"), "no option"),
        (format!("alice no-touch-required {good}"), "no option"),
        (format!("alice namespaces=\"a\",namespaces=\"b\" {good}"), "given twice"),
        (format!("alice valid-after=\"20270101Z\",valid-before=\"20260101Z\" {good}"), "never"),
        (format!("alice {short}"), "1024 bits is too short"),
        ("alice ssh-ed25519 AAAA".to_owned(), "not a key"),
        ("alice ssh-ed25519".to_owned(), "ends before its key"),
        ("alice".to_owned(), "ends before its key"),
        ("# nobody".to_owned(), "names nobody"),
        (String::new(), "names nobody"),
    ];
    for (line, why) in cases {
        let text =
            if why == "names nobody" { line.clone() } else { format!("bob {good}\n{line}\n") };
        let source = Arc::new(SourceText { name: "allowed_signers".into(), text });
        let found = Signers::parse(&source).expect_err(&line).sorted();
        assert!(found[0].message.contains(why), "{line}: {}", found[0].message);
        let span = found[0].labels[0].span.clone();
        assert!(source.text.get(span.clone()).is_some_and(|it| it == line || span.is_empty()));
    }
}

#[test]
fn lists_of_patterns_match_as_in_ssh_config() {
    for (list, text, fits) in [
        ("mdc.plan", "mdc.plan", true),
        ("*", "", true),
        ("", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abb", false),
        ("a**", "a", true),
        ("?", "", false),
        ("??", "ab", true),
        ("git,mdc.*", "mdc.snapshot", true),
        ("*,!mdc.*", "mdc.plan", false),
        ("!mdc.*,*", "git", true),
    ] {
        assert_eq!(fits_list(list, text), fits, "{list} {text}");
    }
}

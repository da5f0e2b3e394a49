//! Every parser of foreign bytes, under the name of its corpus. The fuzzers (`targets/`) and the test
//! that replays the corpora (`tests/hostile/corpus.rs`) call the same functions.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use jiff::Timestamp;
use mdc::catalog::{Format, Override};
use mdc::desired::Probe;
use mdc::diagnostic::SourceText;
use mdc::observe::{Exchange, Snapshot};
use mdc::signature::{PLAN, Signature, Signers};
use mdc::transport::{Also, Endpoint, Questions, ResourceQuestions, Verdict};
use mdc::value::{Digest, PackageVersion, Version, steers};

/// A parser that must live through any bytes, and says whether it took them for what it reads.
pub(crate) type Parser = fn(&[u8]) -> bool;

/// All of them.
pub(crate) const PARSERS: [(&str, Parser); 22] = [
    ("manifest", manifest),
    ("release", release),
    ("component", component),
    ("package", package),
    ("plan", plan),
    ("journal", journal),
    ("snapshot", snapshot),
    ("evidence", evidence),
    ("answer", answer),
    ("verdict", verdict),
    ("known-hosts", known_hosts),
    ("ssh-config", ssh_config),
    ("version", version),
    ("template", template),
    ("signers", signers),
    ("signature", signature),
    ("winrm-answer", winrm_answer),
    ("clixml", clixml),
    ("sealed", sealed),
    ("winrm-http", winrm_http),
    ("fetched", fetched),
    ("keytab", keytab),
];

/// A folder that isn't there: no file that a text names is read.
const NOWHERE: &str = "/nonexistent";

/// A manifest, and what is said about it.
pub(crate) fn manifest(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (manifest, found) = mdc::manifest::parse("mdc.toml", text, NOWHERE.as_ref());
    shown(&found.sorted());
    manifest.is_some()
}

/// A template, checked and filled.
pub(crate) fn template(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let names = ["site", "lines", "lines.text"].map(str::to_owned);
    let values = serde_json::json!({ "site": "a", "lines": [{ "text": "b" }] });
    // What isn't checked may be filled too: a plan's template comes from its file.
    let filled = mdc::source::template::render(text, &values);
    mdc::source::template::check(text, &names).is_ok() && filled.is_ok()
}

/// A release.
pub(crate) fn release(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (release, found) = mdc::manifest::release::parse("release.toml", text, NOWHERE.as_ref());
    shown(&found.sorted());
    release.is_some()
}

/// A component of a catalog.
pub(crate) fn component(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let text = SourceText { name: "component.toml".to_owned(), text: text.to_owned() };
    let (component, found) = mdc::source::parse::<Override>(&Arc::new(text));
    shown(&found.sorted());
    component.is_some()
}

/// A package, of which no word may steer.
pub(crate) fn package(data: &[u8]) -> bool {
    let mut is_taken = false;
    for format in [Format::Deb, Format::Rpm, Format::Msi] {
        let identity = mdc::package::identity(format, &mut Cursor::new(data));
        if let Ok(Some(identity)) = identity {
            let words = [&identity.name, &identity.architecture];
            assert!(words.iter().all(|word| !word.chars().any(steers)), "{identity:?}");
            is_taken = true;
        }
    }
    is_taken
}

/// A plan, as it is and with the seal that it should have, so that what comes after the seal is met too.
pub(crate) fn plan(data: &[u8]) -> bool {
    let is_taken = mdc::plan::parse(data).is_ok();
    if let Ok(mut plan) = serde_json::from_slice::<mdc::plan::Plan>(data) {
        plan.seal = plan.digest();
        let mut sealed = Vec::new();
        if mdc::plan::write(&plan, &mut sealed).is_ok() {
            let _ = mdc::plan::parse(&sealed);
        }
    }
    is_taken
}

/// Evidence of a rehearsal: what is taken is written and read again as it is.
pub(crate) fn evidence(data: &[u8]) -> bool {
    let Ok(evidence) = mdc::evidence::parse(data) else { return false };
    let text = evidence.to_json().unwrap_or_default();
    assert_eq!(mdc::evidence::parse(text.as_bytes()).ok(), Some(evidence));
    true
}

/// A file of those who may sign: whoever is in it is a named person.
pub(crate) fn signers(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let text = SourceText { name: "allowed_signers".to_owned(), text: text.to_owned() };
    match Signers::parse(&Arc::new(text)) {
        Ok(signers) => {
            assert!(signers.all.iter().all(|signer| !signer.person.is_empty()));
            !signers.all.is_empty()
        }
        Err(found) => {
            shown(&found.sorted());
            false
        }
    }
}

/// A signature, of which none is anybody's: those who may sign have a key that was thrown away.
pub(crate) fn signature(data: &[u8]) -> bool {
    const NOBODY: &str = "nobody ssh-ed25519 \
                          AAAAC3NzaC1lZDI1NTE5AAAAIJ+M274/hO8COwopotcmYaq0ldNqcQCyJ96p2o9aqKTS\n";
    let text = SourceText { name: "allowed_signers".to_owned(), text: NOBODY.to_owned() };
    let Ok(signers) = Signers::parse(&Arc::new(text)) else { unreachable!("it is a good file") };
    let signature = Signature::parse(data);
    let is_taken = signature.is_ok();
    let signed = signature.and_then(|it| it.by(&signers, (b"fuzz", PLAN), Timestamp::UNIX_EPOCH));
    assert!(signed.is_err(), "{signed:?}");
    is_taken
}

/// A journal: what is damaged is said with its place.
pub(crate) fn journal(data: &[u8]) -> bool {
    let checked = mdc::state::Reader::new(data, "journal").check(&mut |_| {});
    let Ok(checked) = checked else { unreachable!("bytes in memory can always be read") };
    checked.entries > 0 && checked.damage.is_none()
}

/// A snapshot, as it is and with the seal that it should have, so that it is taken however it was changed.
pub(crate) fn snapshot(data: &[u8]) -> bool {
    if let Ok(snapshot) = Snapshot::parse(&sealed_anew(data)) {
        let text = snapshot.to_json().unwrap_or_default();
        assert_eq!(Snapshot::parse(text.as_bytes()).ok(), Some(snapshot));
    }
    Snapshot::read(&mut &*data).is_ok()
}

/// The bytes with a seal that fits them, where they have one: the digest of everything else.
fn sealed_anew(data: &[u8]) -> Vec<u8> {
    const KEY: &[u8] = b"\"seal\": \"";
    let mut sealed = data.to_vec();
    let at = data.windows(KEY.len()).position(|place| place == KEY).map(|at| at + KEY.len());
    if let Some(at) = at.filter(|at| at + 64 <= data.len()) {
        let rest = [&data[..at], &data[at + 64..]].concat();
        sealed.splice(at..at + 64, Digest::of(&rest).to_string().into_bytes());
    }
    sealed
}

/// A host's answer to questions, of which no text may steer.
pub(crate) fn answer(data: &[u8]) -> bool {
    let mut is_taken = false;
    for format in [Format::Deb, Format::Rpm, Format::Msi] {
        let answer = mdc::observe::parse(data, &questions(format), at());
        is_taken |= answer.is_ok();
        let said = match &answer {
            Ok(facts) => serde_json::to_string(facts).unwrap_or_default(),
            Err(why) => format!("{}{}", why.reason, why.hint),
        };
        assert!(!said.chars().any(steers), "{said:?}");
        assert!(said.len() < 20_000, "{} bytes", said.len());
    }
    is_taken
}

/// A host's answer to an order.
pub(crate) fn verdict(data: &[u8]) -> bool {
    let verdict = Verdict::read(data);
    let is_taken = verdict.is_ok();
    let said = match verdict {
        Ok(Verdict::Fenced { holder, .. }) => holder,
        Ok(Verdict::Survey { holder, runs, .. }) => holder + &runs.concat(),
        Ok(Verdict::Cannot(why)) | Err(why) => why,
        Ok(_) => return true,
    };
    assert!(!said.chars().any(steers), "{said:?}");
    is_taken
}

/// A `known_hosts` file.
pub(crate) fn known_hosts(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let knows = |name| mdc::transport::knows_host(&text, name) == Ok(true);
    ["core-01", "[10.0.0.1]:2222"].map(knows).contains(&true)
}

/// An `ssh_config` file, which includes no other one.
pub(crate) fn ssh_config(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    if text.to_ascii_lowercase().contains("include") {
        return false;
    }
    mdc::transport::settings_about(&text, "core-01").is_ok_and(|it| !it.is_empty())
}

/// Versions of products and packages: two of them, in one order.
pub(crate) fn version(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    if let (Ok(one), Ok(other)) = (one.parse::<Version>(), other.parse::<Version>()) {
        assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
        assert_eq!(one.cmp(&one), std::cmp::Ordering::Equal);
    }
    let mut is_taken = false;
    for text in [one, other] {
        if let Ok(version) = text.parse::<PackageVersion>() {
            assert_eq!(version.as_str(), text);
            is_taken = true;
        }
    }
    is_taken
}

/// A host's answer over WinRM; what is said of a fault goes to a terminal.
pub(crate) fn winrm_answer(data: &[u8]) -> bool {
    let told = mdc::transport::told_over_winrm(data, "00000000-0000-4000-8000-000000000000");
    let is_taken = told.is_ok();
    let said = told.unwrap_or_else(|why| why);
    assert!(!said.chars().any(steers), "{said:?}");
    is_taken
}

/// What `powershell.exe` wrote to standard error: however it is cut, the same comes of it.
pub(crate) fn clixml(data: &[u8]) -> bool {
    let (one, other) = data.split_at(data.len() / 2);
    let whole = mdc::transport::plain_errors([data]);
    assert_eq!(mdc::transport::plain_errors([one, other]), whole);
    whole != data
}

/// The frame of a sealed message.
pub(crate) fn sealed(data: &[u8]) -> bool {
    let Ok((header, content)) = mdc::transport::sealed_parts(data) else { return false };
    assert!(header.len() + content.len() < data.len());
    true
}

/// A host's answer of HTTP, before anything of it is known: in whatever pieces it comes, the same comes of it.
pub(crate) fn winrm_http(data: &[u8]) -> bool {
    let whole = mdc::transport::answered_over_winrm(data, data.len());
    for first in [1, data.len() / 2, data.len().saturating_sub(1)] {
        assert_eq!(mdc::transport::answered_over_winrm(data, first), whole);
    }
    if let Err(why) = &whole {
        assert!(!why.chars().any(steers), "{why:?}");
    }
    whole.is_ok_and(|(_, body)| body.len() <= data.len())
}

/// A request of whoever has found the port where hosts fetch files.
pub(crate) fn fetched(data: &[u8]) -> bool {
    let Some((word, _)) = mdc::transport::fetched(data) else { return false };
    assert!(word.len() < data.len().min(4096) && !word.contains([' ', '\n']), "{word:?}");
    true
}

/// A file with Kerberos keys.
pub(crate) fn keytab(data: &[u8]) -> bool {
    mdc::transport::keytab_has(data, "svc", "CORP").is_ok()
}

/// What is said about a text goes to a terminal.
fn shown(found: &[mdc::diagnostic::Diagnostic]) {
    let said = mdc::view::diagnostic::render(found, 100, false);
    assert!(!said.chars().any(|c| c != '\n' && steers(c)), "{said:?}");
}

fn questions(format: Format) -> Questions {
    let about = |package: &str, health: Probe| ResourceQuestions {
        package: package.to_owned(),
        others: Vec::new(),
        repository: (package == "redis-server").then(|| "7.0.15".parse().ok()).flatten(),
        unit: package.to_owned(),
        health,
        kept: None,
        role: (package == "redis-server").then(|| "redis-cli role".to_owned()),
        files: BTreeMap::new(),
    };
    let resources = [
        ("md-core", about("md-core", Probe::Http("http://127.0.0.1:8008/readyz".to_owned()))),
        ("redis", about("redis-server", Probe::Command("redis-cli ping".to_owned()))),
    ];
    let resources: BTreeMap<_, _> =
        resources.into_iter().filter_map(|(name, it)| Some((name.parse().ok()?, it))).collect();
    let also = Also {
        reach: [Endpoint { address: "10.0.0.1".to_owned(), port: 5432 }].into(),
        certificates: "/etc/ssl/a.pem".parse().into_iter().collect(),
        packages: ["erlang-base".to_owned()].into(),
        folders: "/data".parse().into_iter().collect(),
    };
    Questions {
        os: "debian-12".to_owned(),
        format,
        resources,
        also,
        script: String::new(),
        words: Vec::new(),
    }
}

fn at() -> Exchange {
    let time = |second| Timestamp::from_second(second).unwrap_or_default();
    Exchange { sent: time(1_763_700_000), received: time(1_763_700_001) }
}

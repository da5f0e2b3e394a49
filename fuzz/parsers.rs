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
use mdc::value::{PackageVersion, Version, steers};

/// A parser that must take any bytes.
pub(crate) type Parser = fn(&[u8]);

/// All of them.
pub(crate) const PARSERS: [(&str, Parser); 18] = [
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
    ("signers", signers),
    ("signature", signature),
    ("winrm-answer", winrm_answer),
    ("clixml", clixml),
    ("sealed", sealed),
];

/// A folder that isn't there: no file that a text names is read.
const NOWHERE: &str = "/nonexistent";

/// A manifest, and what is said about it.
pub(crate) fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (_, found) = mdc::manifest::parse("mdc.toml", text, NOWHERE.as_ref());
    shown(&found.sorted());
}

/// A release.
pub(crate) fn release(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (_, found) = mdc::manifest::release::parse("release.toml", text, NOWHERE.as_ref());
    shown(&found.sorted());
}

/// A component of a catalog.
pub(crate) fn component(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = SourceText { name: "component.toml".to_owned(), text: text.to_owned() };
    let (_, found) = mdc::source::parse::<Override>(&Arc::new(text));
    shown(&found.sorted());
}

/// A package, of which no word may steer.
pub(crate) fn package(data: &[u8]) {
    for format in [Format::Deb, Format::Rpm, Format::Msi] {
        let identity = mdc::package::identity(format, &mut Cursor::new(data));
        if let Ok(Some(identity)) = identity {
            let words = [&identity.name, &identity.architecture];
            assert!(words.iter().all(|word| !word.chars().any(steers)), "{identity:?}");
        }
    }
}

/// A plan.
pub(crate) fn plan(data: &[u8]) {
    let _ = mdc::plan::parse(data);
}

/// Evidence of a rehearsal: what is taken is written and read again as it is.
pub(crate) fn evidence(data: &[u8]) {
    let Ok(evidence) = mdc::evidence::parse(data) else { return };
    let text = evidence.to_json().unwrap_or_default();
    assert_eq!(mdc::evidence::parse(text.as_bytes()).ok(), Some(evidence));
}

/// A file of those who may sign: whoever is in it is a named person.
pub(crate) fn signers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = SourceText { name: "allowed_signers".to_owned(), text: text.to_owned() };
    match Signers::parse(&Arc::new(text)) {
        Ok(signers) => assert!(signers.all.iter().all(|signer| !signer.person.is_empty())),
        Err(found) => shown(&found.sorted()),
    }
}

/// A signature, of which none is anybody's: those who may sign have a key that was thrown away.
pub(crate) fn signature(data: &[u8]) {
    const NOBODY: &str = "nobody ssh-ed25519 \
                          AAAAC3NzaC1lZDI1NTE5AAAAIJ+M274/hO8COwopotcmYaq0ldNqcQCyJ96p2o9aqKTS\n";
    let text = SourceText { name: "allowed_signers".to_owned(), text: NOBODY.to_owned() };
    let Ok(signers) = Signers::parse(&Arc::new(text)) else { unreachable!("it is a good file") };
    let signature = Signature::parse(data);
    let signed = signature.and_then(|it| it.by(&signers, (b"fuzz", PLAN), Timestamp::UNIX_EPOCH));
    assert!(signed.is_err(), "{signed:?}");
}

/// A journal: what is damaged is said with its place.
pub(crate) fn journal(data: &[u8]) {
    let checked = mdc::state::Reader::new(data, "journal").check(&mut |_| {});
    assert!(checked.is_ok(), "bytes in memory can always be read");
}

/// A snapshot.
pub(crate) fn snapshot(data: &[u8]) {
    let mut file = data;
    let _ = Snapshot::read(&mut file);
}

/// A host's answer to questions, of which no text may steer.
pub(crate) fn answer(data: &[u8]) {
    for format in [Format::Deb, Format::Rpm, Format::Msi] {
        let answer = mdc::observe::parse(data, &questions(format), at());
        let said = match &answer {
            Ok(facts) => serde_json::to_string(facts).unwrap_or_default(),
            Err(why) => format!("{}{}", why.reason, why.hint),
        };
        assert!(!said.chars().any(steers), "{said:?}");
        assert!(said.len() < 20_000, "{} bytes", said.len());
    }
}

/// A host's answer to an order.
pub(crate) fn verdict(data: &[u8]) {
    let said = match Verdict::read(data) {
        Ok(Verdict::Fenced { holder, .. }) => holder,
        Ok(Verdict::Survey { holder, runs, .. }) => holder + &runs.concat(),
        Ok(Verdict::Cannot(why)) | Err(why) => why,
        Ok(_) => return,
    };
    assert!(!said.chars().any(steers), "{said:?}");
}

/// A `known_hosts` file.
pub(crate) fn known_hosts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for name in ["core-01", "[10.0.0.1]:2222"] {
        let _ = mdc::transport::knows_host(&text, name);
    }
}

/// An `ssh_config` file, which includes no other one.
pub(crate) fn ssh_config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if !text.to_ascii_lowercase().contains("include") {
        let _ = mdc::transport::settings_about(&text, "core-01");
    }
}

/// Versions of products and packages: two of them, in one order.
pub(crate) fn version(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    if let (Ok(one), Ok(other)) = (one.parse::<Version>(), other.parse::<Version>()) {
        assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
        assert_eq!(one.cmp(&one), std::cmp::Ordering::Equal);
    }
    for text in [one, other] {
        if let Ok(version) = text.parse::<PackageVersion>() {
            assert_eq!(version.as_str(), text);
        }
    }
}

/// A host's answer over WinRM; what is said of a fault goes to a terminal.
pub(crate) fn winrm_answer(data: &[u8]) {
    let told = mdc::transport::told_over_winrm(data, "00000000-0000-4000-8000-000000000000");
    let said = told.unwrap_or_else(|why| why);
    assert!(!said.chars().any(steers), "{said:?}");
}

/// What `powershell.exe` wrote to standard error: however it is cut, the same comes of it.
pub(crate) fn clixml(data: &[u8]) {
    let (one, other) = data.split_at(data.len() / 2);
    let whole = mdc::transport::plain_errors([data]);
    assert_eq!(mdc::transport::plain_errors([one, other]), whole);
}

/// The frame of a sealed message.
pub(crate) fn sealed(data: &[u8]) {
    if let Ok((header, data_)) = mdc::transport::sealed_parts(data) {
        assert!(header.len() + data_.len() < data.len());
    }
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

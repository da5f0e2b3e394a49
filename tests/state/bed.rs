//! What the tests share: stores to try things on, a plan, a claim, entries.

use std::sync::OnceLock;

use camino::Utf8Path;
use jiff::Timestamp;
use mdc::plan::{self, Plan};
use mdc::state::{
    Claim, Entry, FailureKind, Lease, Local, Record, Run, StepFailure, StepOutcome, Store,
};
use mdc::value::Period;

use crate::server::Server;

/// Where a store is, in a form that another process can be told.
#[derive(Clone)]
pub(crate) enum Place {
    Folder(String),
    Database { address: String, site: String },
}

impl Place {
    pub(crate) fn store(&self) -> Box<dyn Store> {
        match self {
            Self::Folder(path) => Box::new(Local::new(path.into())),
            Self::Database { address, site } => Box::new(Server::store(address, site)),
        }
    }

    pub(crate) fn words(&self) -> String {
        match self {
            Self::Folder(path) => format!("folder {path}"),
            Self::Database { address, site } => format!("database {address} {site}"),
        }
    }

    pub(crate) fn parse(words: &str) -> Self {
        match words.split(' ').collect::<Vec<_>>()[..] {
            ["folder", path] => Self::Folder(path.to_owned()),
            ["database", address, site] => {
                Self::Database { address: address.to_owned(), site: site.to_owned() }
            }
            _ => panic!("{words}"),
        }
    }
}

/// A store of its own for one test.
pub(crate) struct Bed {
    pub(crate) place: Place,
    _folder: tempfile::TempDir,
}

impl Bed {
    pub(crate) fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").to_str().unwrap().to_owned();
        Self { place: Place::Folder(path), _folder: folder }
    }

    /// A site in the server that the tests share; none when there is no PostgreSQL here.
    pub(crate) fn database(site: &str) -> Option<Self> {
        let address = Server::shared()?.address("mdc");
        let place = Place::Database { address, site: site.to_owned() };
        Some(Self { place, _folder: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn store(&self) -> Box<dyn Store> {
        self.place.store()
    }

    /// Puts `text` where the journal of `run` is.
    pub(crate) fn overwrite(&self, run: &str, text: &[u8]) {
        match &self.place {
            Place::Folder(path) => {
                std::fs::write(format!("{path}/runs/{run}/journal.jsonl"), text).unwrap();
            }
            Place::Database { address, site } => {
                let mut client = Server::client(address);
                let delete = "DELETE FROM mdc.line WHERE site = $1 AND run = $2";
                client.execute(delete, &[site, &run]).unwrap();
                for (number, line) in (1_i64..).zip(std::str::from_utf8(text).unwrap().lines()) {
                    let insert = "INSERT INTO mdc.line VALUES ($1, $2, $3, $4)";
                    client.execute(insert, &[site, &run, &number, &line]).unwrap();
                }
            }
        }
    }
}

/// The quickstart's plan.
pub(crate) fn plan() -> Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/quickstart.json");
    PLAN.get_or_init(|| plan::read(Utf8Path::new(path)).unwrap()).clone()
}

pub(crate) fn claim() -> Claim {
    Claim {
        user: "ops (uid 1000)".to_owned(),
        host: "laptop".to_owned(),
        purpose: "mdc apply mdc.toml".to_owned(),
        above: 0,
    }
}

pub(crate) fn hold(store: &dyn Store) -> Lease {
    store.acquire(&claim(), None).unwrap()
}

pub(crate) fn begin(store: &dyn Store, lease: &Lease) -> Run {
    store.begin(lease, plan(), (Timestamp::now(), &[])).unwrap()
}

pub(crate) fn started(run: &Run) -> Entry {
    Entry::Started {
        seal: run.plan.seal,
        tool: "0.1.0".to_owned(),
        fence: run.fence,
        controller: run.controller.clone(),
    }
}

pub(crate) fn intent(step: &str, attempt: u32) -> Entry {
    Entry::Intent { step: step.to_owned(), attempt }
}

pub(crate) fn done(step: &str) -> Entry {
    result(step, StepOutcome::Done)
}

pub(crate) fn result(step: &str, outcome: StepOutcome) -> Entry {
    Entry::Result { step: step.to_owned(), outcome, took: Period::seconds(3) }
}

pub(crate) fn failed(step: &str) -> Entry {
    let failure = StepFailure {
        kind: FailureKind::Here,
        during: "install the package".to_owned(),
        command: "apt-get install -y \"x\" 'y' \\ é\u{1b}[31m".to_owned(),
        ended: "exit status 100".to_owned(),
        output: ["dpkg: error,\"digest\":\"".to_owned()].into(),
        hint: "mend the cause".to_owned(),
    };
    result(step, StepOutcome::Failed(failure))
}

pub(crate) fn records(store: &dyn Store, run: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let checked = store.read(run, &mut |record| records.push(record)).unwrap();
    assert!(checked.damage.is_none(), "{checked:?}");
    assert_eq!(checked.entries, records.len() as u64);
    records
}

/// The whole lines of a text.
pub(crate) fn lines(text: &[u8]) -> usize {
    text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count()
}

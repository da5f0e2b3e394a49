//! Snapshots: what is written is read again, and what is no snapshot is refused.

use std::io::Read;

use mdc::observe::{HostState, Observed, Snapshot, SnapshotError, Unreadable};
use serde_json::{Value, json};

fn snapshot() -> Snapshot {
    let lost = Unreadable { reason: "no route".to_owned(), hint: "look".to_owned() };
    let hosts = [("core-01".parse().unwrap(), HostState::Unknown(lost))];
    let taken = "2026-11-20T22:15:00.123456Z".parse().unwrap();
    Snapshot::new(
        "fleet",
        taken,
        Observed { hosts: hosts.into_iter().collect(), ..Observed::default() },
    )
}

fn read(text: &str) -> Result<Snapshot, SnapshotError> {
    Snapshot::read(&mut text.as_bytes())
}

#[test]
fn what_is_written_is_read_again() {
    let text = snapshot().to_json().unwrap();
    assert!(text.contains("\"taken\": \"2026-11-20T22:15:00Z\""), "{text}");
    assert_eq!(read(&text).unwrap(), snapshot());
}

#[test]
fn other_files_are_refused_with_what_they_are() {
    let changed = |key: &str, value: Value| {
        let mut file = serde_json::to_value(snapshot()).unwrap();
        file[key] = value;
        read(&file.to_string()).unwrap_err().to_string()
    };
    assert!(changed("format", json!("mdc/plan")).contains("`mdc/plan` file"));
    assert!(changed("version", json!(2)).contains("version 2"));
    assert!(changed("extra", json!(1)).contains("unknown field `extra`"));
    assert!(read("[cluster]").unwrap_err().to_string().contains("not a snapshot"));
    let endless = Snapshot::read(&mut std::io::repeat(b' ').take(65 << 20)).unwrap_err();
    assert!(endless.to_string().contains("64 MiB"), "{endless}");
}

#[test]
fn the_schema_takes_what_is_written() {
    let schema = serde_json::to_value(schemars::schema_for!(Snapshot)).unwrap();
    let file = serde_json::to_value(snapshot()).unwrap();
    jsonschema::validate(&schema, &file).unwrap();
}

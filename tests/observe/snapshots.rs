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

#[test]
fn any_flipped_byte_is_refused() {
    let text = snapshot().to_json().unwrap();
    let heads = ["\"format\"", "\"version\"", "\"seal\""].map(|key| {
        let at = text.find(key).unwrap();
        at..at + text[at..].find('\n').unwrap()
    });
    for place in 0..text.len() {
        for flip in [0x01, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= flip;
            let why = Snapshot::parse(&bytes).unwrap_err().to_string();
            // Where format, version or seal are others, nothing tells damage from another kind of file.
            let told = why.contains("its seal doesn't fit its content")
                || heads.iter().any(|head| head.contains(&place));
            assert!(told, "byte {place}: {why}: {}", String::from_utf8_lossy(&bytes));
        }
    }
    let why = |text: &str| read(text).unwrap_err().to_string();
    let moved = text.replace("no route", "no power");
    assert_ne!(moved, text);
    assert!(why(&moved).contains("its seal doesn't fit its content"), "{}", why(&moved));
    assert!(why(&(text + " ")).contains("its seal doesn't fit its content"));
    let bare = serde_json::to_string(&snapshot()).unwrap();
    assert!(why(&bare).contains("it has no seal"), "{}", why(&bare));
}

//! Files of strangers that are too deep or too large.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use mdc::observe::{Snapshot, SnapshotError};
use mdc::plan::FileError;
use mdc::state::{JournalError, Reader};

use crate::parsers::PARSERS;

/// Nesting that would use up the stack of a parser without a limit.
#[test]
fn depth_is_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("a=[", "]"), ("a={a=", "}")] {
        let deep = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
        for (name, parser) in PARSERS {
            for text in [&deep, &open.repeat(100_000)] {
                let started = Instant::now();
                parser(text.as_bytes());
                // Seconds are for busy machines and for unoptimised code.
                let took = started.elapsed();
                assert!(took < Duration::from_secs(30), "{name} takes {took:?} for {open:?}");
            }
        }
    }
    let deep = "[".repeat(100_000);
    let error = Snapshot::read(&mut deep.as_bytes()).unwrap_err();
    assert!(matches!(error, SnapshotError::Shape(_)), "{error}");
    assert!(mdc::plan::parse(deep.as_bytes()).is_err());
    // A table can be deep by its name alone.
    let dotted = format!("[{}]\n", vec!["a"; 100_000].join("."));
    for (_, parser) in PARSERS {
        parser(dotted.as_bytes());
    }
}

/// A source without end, which counts what is taken of it.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b' ');
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

#[test]
fn no_more_is_read_than_a_file_may_have() {
    let mut endless = Endless(0);
    assert!(matches!(Snapshot::read(&mut endless), Err(SnapshotError::TooLarge)));
    assert!(endless.0 < 256 << 20, "{} bytes were read", endless.0);

    let mut endless = io::BufReader::new(Endless(0));
    let checked = Reader::new(&mut endless, "endless").check(&mut |_| {}).unwrap();
    assert!(matches!(checked.damage, Some(JournalError::Damaged { line: 1, .. })));
    assert!(endless.get_ref().0 < 4 << 20, "{} bytes were read", endless.get_ref().0);
}

/// Sparse files: large by their size, small on the disk.
#[test]
fn files_that_are_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("large")).unwrap();
    File::create(&path).unwrap().set_len((1 << 32) + 1).unwrap();
    assert!(matches!(mdc::plan::read(&path), Err(FileError::TooLarge)));
    let (manifest, found) = mdc::manifest::read(&path);
    assert!(manifest.is_none());
    assert_eq!(found.sorted()[0].code.as_str(), "file::too-large");
}

/// Numbers and lengths in a file say nothing about how much is set aside for them.
#[test]
fn sizes_in_a_file_are_not_believed() {
    for text in [
        r#"{"format":"mdc/snapshot","version":99999999999999999999}"#,
        r#"{"format":"mdc/plan","version":1e400}"#,
        "ended 0\n18446744073709551615 18446744073709551615\n",
        "recall 18446744073709551615\n",
        "format-version = 99999999999999999999\n",
        "[hosts.\"core-[1..999999999999]\"]\n",
        "[hosts.\"core-[1..9999][1..9999][1..9999]\"]\n",
    ] {
        for (_, parser) in PARSERS {
            parser(text.as_bytes());
        }
    }
}

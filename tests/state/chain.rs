//! Damage of every kind to a journal's text.

use std::sync::OnceLock;

use mdc::state::{JournalError, Reader, Record, Request};
use proptest::prelude::*;

use crate::bed::{Bed, begin, done, failed, hold, intent, lines, started};

/// The text of a journal with entries of several kinds.
fn journal() -> &'static [u8] {
    static TEXT: OnceLock<Vec<u8>> = OnceLock::new();
    TEXT.get_or_init(|| {
        let bed = Bed::folder();
        let store = bed.store();
        let lease = hold(&*store);
        let mut run = begin(&*store, &lease);
        let pause = mdc::state::Asked {
            what: Request::Pause,
            by: "\"duty\"".to_owned(),
            reason: "a\nb".to_owned(),
        };
        for entry in [started(&run), intent("a", 1), failed("a"), pause.into(), done("a")] {
            run.record(entry).unwrap();
        }
        store.text(&run.id).unwrap()
    })
}

/// The good records of `text`, whether a torn line follows, and what is wrong otherwise.
fn read(text: &[u8]) -> (Vec<Record>, bool, Option<JournalError>) {
    let mut records = Vec::new();
    let checked = Reader::new(text, "journal").check(&mut |record| records.push(record)).unwrap();
    assert_eq!(checked.entries, records.len() as u64);
    (records, checked.torn, checked.damage)
}

#[test]
fn no_bit_can_change_without_being_seen() {
    let good = journal();
    assert_eq!(read(good).0.len(), 6);
    let mut changed = good.to_vec();
    for place in 0..good.len() {
        for bit in 0..8 {
            changed[place] ^= 1 << bit;
            let (records, torn, damage) = read(&changed);
            assert!(damage.is_some(), "bit {bit} of byte {place}: {records:?}, torn: {torn}");
            changed[place] ^= 1 << bit;
        }
    }
}

#[test]
fn a_journal_that_ends_anywhere_holds_the_whole_lines_before() {
    let good = journal();
    let first = good.iter().position(|byte| *byte == b'\n').unwrap();
    for end in 0..good.len() {
        let text = &good[..end];
        let (records, torn, damage) = read(text);
        if end <= first {
            assert!(damage.is_some(), "a journal without its first line, cut at {end}");
            continue;
        }
        assert!(damage.is_none(), "cut at {end}: {damage:?}");
        assert_eq!(records.len(), lines(text));
        assert_eq!(torn, !text.ends_with(b"\n"));
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let mut text = journal().to_vec();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1))
        .collect();
    text[starts[3] + 40] ^= 1;
    let Some(JournalError::Damaged { line, offset, .. }) = read(&text).2 else { panic!() };
    assert_eq!((line, offset), (4, starts[3] as u64));
}

#[test]
fn lines_without_end_are_refused_without_being_kept() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    let mut endless = Endless(0);
    let source = std::io::BufReader::new(&mut endless);
    let error = Reader::new(source, "journal").next().unwrap().unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
    assert!(endless.0 < 4 << 20, "{}", endless.0);
}

#[test]
fn depth_is_refused() {
    let deep = format!("{{\"entry\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(deep.as_bytes()).2.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Any bytes are survived; what is taken as good is a beginning of the journal.
    #[test]
    fn other_bytes_in_any_place_are_seen(
        place in 0..journal().len(),
        gone in 0_usize..300,
        new in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let good = journal();
        let end = (place + gone).min(good.len());
        let text = [&good[..place], &new, &good[end..]].concat();
        let (records, torn, damage) = read(&text);
        let whole = read(good).0;
        prop_assert_eq!(&records[..], &whole[..records.len()]);
        let fine = damage.is_none() && !torn && records.len() == whole.len();
        prop_assert!(!fine || text == good);
    }

    #[test]
    fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(&text).0.is_empty());
    }
}

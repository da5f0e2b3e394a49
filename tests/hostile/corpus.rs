//! The fuzzers' corpora, replayed by a compiler that has no fuzzer.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::parsers::PARSERS;

/// The inputs of one parser's corpus. Each found problem is one of them from then on.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_parser_takes_its_corpus() {
    for (name, parser) in PARSERS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in &inputs {
            parser(input);
        }
    }
}

#[test]
fn every_parser_has_a_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in PARSERS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} has no target");
        let target = folder.join("targets").join(format!("{}.rs", name.replace('-', "_")));
        assert!(target.exists(), "{} is missing", target.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cut, with a byte changed, with something put in.
    #[test]
    fn every_parser_takes_damaged_inputs(
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        more in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        for (name, parser) in PARSERS {
            let inputs = corpus(name);
            let input = which.get(&inputs);
            let place = at.index(input.len() + 1);
            parser(&input[..place]);
            let mut changed = input.clone();
            changed.splice(place..place, more.iter().copied());
            parser(&changed);
            let mut changed = input.clone();
            if let Some(one) = changed.get_mut(place) {
                *one = byte;
            }
            parser(&changed);
        }
    }
}

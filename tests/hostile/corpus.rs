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
        let taken = inputs.iter().filter(|input| parser(input)).count();
        assert!(taken > 0, "{name} refuses its whole corpus: what comes after that is never met");
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

/// What comes from Windows hosts, by many more inputs than the others: a million with
/// `MDC_HOSTILE_INPUTS=1000000`. The same each time.
#[test]
fn what_windows_hosts_say_is_taken_however_damaged() {
    let inputs = std::env::var_os("MDC_HOSTILE_INPUTS")
        .map_or(3_000, |it| it.to_str().unwrap().parse::<u64>().unwrap());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % below.max(1)
    };
    let from_windows = ["winrm-answer", "clixml", "sealed", "winrm-http", "fetched"];
    let parsers: Vec<_> = PARSERS
        .into_iter()
        .filter(|(name, _)| from_windows.contains(name))
        .map(|(name, parser)| (corpus(name), parser))
        .collect();
    assert_eq!(parsers.len(), from_windows.len());
    for number in 0..inputs {
        let (seeds, parser) = &parsers[usize::try_from(number).unwrap() % parsers.len()];
        let mut input = seeds[random(seeds.len())].clone();
        for _ in 0..=random(6) {
            let (at, other) = (random(input.len() + 1), &seeds[random(seeds.len())]);
            let from = random(other.len() + 1);
            let piece = &other[from..(from + random(64)).min(other.len())];
            match random(5) {
                0 => input.truncate(at),
                1 => drop(input.splice(at..at, piece.iter().copied())),
                2 => drop(input.drain(at..(at + random(64)).min(input.len()))),
                _ => {
                    let byte = u8::try_from(random(256)).unwrap();
                    if let Some(one) = input.get_mut(at) {
                        *one = byte;
                    }
                }
            }
        }
        parser(&input);
    }
}

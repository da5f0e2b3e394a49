use std::collections::BTreeSet;

use super::*;
use crate::catalog;
use crate::desired;
use crate::diagnostic::Code;
use crate::diff;
use crate::graph;
use crate::manifest;
use crate::observe::Observed;
use crate::plan::{self, Plan};

/// A plan in which nothing is known of any host, so that it has no steps.
fn plan() -> Plan {
    let folder = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let manifest = manifest::read(&folder.join("mdc.toml")).0.unwrap();
    let release = manifest.read_release().0.unwrap();
    let catalog = catalog::load(&[]).0;
    let desired = desired::resolve(&manifest, &release, &catalog).0.unwrap();
    let observed = Observed::default();
    let comparison = diff::compare(&desired, &observed);
    let graph = graph::build(&desired, &comparison).unwrap();
    plan::make(&desired, &comparison, &graph).unwrap()
}

#[test]
fn a_statement_is_read_back_to_the_byte() {
    let plan = plan();
    let both = [Stage::Live, Stage::Critical];
    for (stages, note) in
        [(&both[..], None), (&both[1..], Some("ticket 4711".to_owned())), (&both[..1], None)]
    {
        let statement = Statement::new(stages.iter().copied(), note).unwrap();
        let text = statement.text(&plan);
        assert_eq!(Statement::parse(text.as_bytes(), &plan), Ok(statement));
        for place in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[place] ^= 1;
            // A note may say anything; the signature over it is what holds it.
            let in_note = text.find("note: ").is_some_and(|note| place >= note + 6);
            assert!(in_note || Statement::parse(&other, &plan).is_err(), "byte {place} of {text}");
        }
    }
}

#[test]
fn an_approval_of_another_plan_says_so() {
    let plan = plan();
    let text = Statement::new([Stage::Live], None).unwrap().text(&plan);
    let other = Plan { warnings: vec![Code::Stays.said("new")], ..plan };
    let other = Plan { seal: other.digest(), ..other };
    let error = Statement::parse(text.as_bytes(), &other).unwrap_err();
    assert!(error.to_string().contains("another plan"), "{error}");
}

#[test]
fn what_a_plan_says_of_itself_can_not_forge_a_statement() {
    let plan = Plan { cluster: "a\nseal: 00\nstages: live\u{202e}".into(), ..plan() };
    let text = Statement::new([Stage::Critical], None).unwrap().text(&plan);
    assert_eq!(text.lines().filter(|line| line.starts_with("seal: ")).count(), 1, "{text}");
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn a_note_is_one_line() {
    for note in ["", " ", " a", "a\nseal: 0", "a\u{1b}[2J", &"x".repeat(501)] {
        assert!(Statement::new([Stage::Live], Some(note.into())).is_err(), "{note:?}");
    }
}

#[test]
fn the_folder_is_read_in_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let path = camino::Utf8Path::from_path(folder.path()).unwrap();
    assert_eq!(read(&path.join("none")).unwrap(), []);
    for name in ["b", "a", "a.sig", "c.sig", ".hidden", ".hidden.sig"] {
        std::fs::write(path.join(name), name).unwrap();
    }
    std::fs::create_dir(path.join("d")).unwrap();
    let found = read(path).unwrap();
    let names: BTreeSet<&str> = found.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["a", "b", "c", "d"]));
    assert_eq!(found[0].signature.as_deref(), Some(b"a.sig".as_slice()));
    assert_eq!((found[1].signature.as_ref(), found[2].text.as_ref()), (None, None));
}

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// How often a host is dialled that answers with `problem`, while five lines come one after the other.
fn dialled(problem: &Problem) -> usize {
    let host: HostName = "win-01".parse().unwrap();
    let dials = AtomicUsize::new(0);
    let dial = |host: &HostName| {
        dials.fetch_add(1, Ordering::SeqCst);
        let (during, hint) = ("log in".to_owned(), String::new());
        Err(Failure { host: host.clone(), during, problem: problem.clone(), hint })
    };
    let tenure = Tenure { site: "site".to_owned(), fence: 1, holder: "here".to_owned() };
    let (tell, told) = channel();
    let mut keeper = Keeper {
        dial: &dial,
        tenure: &tenure,
        run: "run".to_owned(),
        plan: "{}",
        journal: String::new(),
        first: &host,
        others: Vec::new(),
        tell,
        is_told: false,
        refused: BTreeMap::new(),
    };
    for _ in 0..5 {
        assert!(!keeper.bring_up(&mut None));
    }
    drop(keeper);
    let why = told.iter().filter_map(|message| match message {
        Message::Happened(Event::NotCopied { why, .. }) => Some(why),
        _ => None,
    });
    assert_eq!(why.collect::<Vec<_>>(), [problem.to_string()], "it is told once, and why");
    dials.into_inner()
}

#[test]
fn a_host_that_lets_nobody_in_is_not_dialled_for_every_line() {
    let said = || "no".to_owned();
    assert_eq!(dialled(&Problem::Refused(said())), 1);
    assert_eq!(dialled(&Problem::Login(said())), 1);
    assert_eq!(dialled(&Problem::Unreachable(said())), 5);
}

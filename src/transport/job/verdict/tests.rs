use super::*;
use crate::value::steers;

#[test]
fn what_a_host_says_of_others_is_short_and_steers_nothing() {
    let evil = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}gpj\u{2028}";
    let long = "x".repeat(500_000);
    for text in [evil, &long] {
        let answers = [
            format!("fenced 7 {text}\n"),
            format!("survey 7 {text}\nrun-1\n"),
            format!("cannot {text}\n"),
        ];
        for answer in answers {
            let said = match Verdict::read(answer.as_bytes()).unwrap() {
                Verdict::Fenced { holder, .. } | Verdict::Survey { holder, .. } => holder,
                Verdict::Cannot(why) => why,
                other => panic!("{other:?}"),
            };
            assert!(!said.chars().any(steers), "{said:?}");
            assert!(said.chars().count() < 500, "{} characters", said.chars().count());
        }
        for answer in [
            format!("{text}\n"),
            format!("has {text}\n"),
            format!("ended {text}\n0 0\n"),
            format!("gone {text}\n0 0\n"),
            format!("ended 0\n{text} {text}\n"),
        ] {
            let problem = Verdict::read(answer.as_bytes()).unwrap_err();
            assert!(!problem.chars().any(steers), "{problem:?}");
            assert!(problem.chars().count() < 500);
        }
    }
}

#[test]
fn names_of_runs_lead_nowhere_else() {
    let answer = "survey 1 x\nrun-1\n../run\n\n.\na b\n$(id)\n\u{1b}[2J\nrun-2\n";
    let Ok(Verdict::Survey { runs, .. }) = Verdict::read(answer.as_bytes()) else { panic!() };
    assert_eq!(runs, ["run-1", "run-2"]);
}

#[test]
fn sizes_are_those_of_what_follows() {
    for answer in [
        "ended 0\n5 0\nabc",
        "ended 0\n18446744073709551615 1\n",
        "ended 0\n-1 0\n",
        "ended 0\n99999999999999999999999 0\n",
        "recall 4\nabc",
        "ended 0",
        "",
        "\n",
    ] {
        assert!(Verdict::read(answer.as_bytes()).is_err(), "{answer:?}");
    }
}

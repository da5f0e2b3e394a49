use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

fn failure(problem: Problem) -> Failure {
    let host = "win-01".parse().unwrap();
    Failure { host, during: "log in".to_owned(), problem, hint: String::new() }
}

/// Twenty hosts log in at once; how often it was tried, and how often it was refused.
fn at_once(
    account: Option<&str>,
    answer: impl Fn(usize) -> Result<(), Problem> + Sync,
) -> (usize, usize) {
    let (accounts, tries, refusals) =
        (Accounts::default(), AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Barrier::new(20);
    thread::scope(|scope| {
        for number in 0..20 {
            let (accounts, tries, refusals, start, answer) =
                (&accounts, &tries, &refusals, &start, &answer);
            scope.spawn(move || {
                let host = format!("win-{number}").parse().unwrap();
                start.wait();
                let came = accounts.log_in(&host, account.map(str::to_owned), || {
                    answer(tries.fetch_add(1, Ordering::SeqCst)).map_err(failure)
                });
                refusals.fetch_add(usize::from(came.is_err()), Ordering::SeqCst);
            });
        }
    });
    (tries.into_inner(), refusals.into_inner())
}

#[test]
fn a_wrong_password_of_a_domain_is_one_attempt() {
    let wrong = |_| Err(Problem::Login("the password is wrong".to_owned()));
    assert_eq!(at_once(Some("CORP\\ops"), wrong), (1, 20));
    assert_eq!(at_once(None, wrong), (20, 20), "own users are each host's matter");
}

#[test]
fn a_host_that_is_down_says_nothing_about_the_account() {
    let down = |number| match number {
        0 | 1 => Err(Problem::Unreachable("no answer".to_owned())),
        _ => Ok(()),
    };
    assert_eq!(at_once(Some("CORP\\ops"), down), (20, 2));
}

#[test]
fn an_account_that_is_good_stays_so() {
    let later = |number| match number {
        0 => Ok(()),
        _ => Err(Problem::Login("this host lets it not in".to_owned())),
    };
    assert_eq!(at_once(Some("CORP\\ops"), later), (20, 19));
}

#[test]
fn accounts_of_domains_are_shared() {
    assert!(is_of_domain("CORP\\ops") && is_of_domain("ops@corp.example"));
    assert!(!is_of_domain("ops") && !is_of_domain(".\\ops"));
}

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::*;

/// What a host makes of a login.
#[derive(Clone, Copy)]
enum Answer {
    In,
    Refused,
    Unjudged,
}

impl Answer {
    fn to(self, attempt: Attempt) {
        match self {
            Self::In => attempt.good(),
            Self::Refused => attempt.refused(no()),
            Self::Unjudged => {}
        }
    }
}

fn no() -> Trouble {
    Trouble::new("log in", Problem::Refused("ops was refused".to_owned()), "mend it")
}

const OF_DOMAIN: &str = "CORP\\ops";
const OWN: &str = "ops";

fn account(user: &str) -> Account {
    Account { name: user.to_owned(), is_shared: is_of_domain(user) }
}

/// Logs in on `host`; whether it was tried.
fn is_tried(accounts: &Arc<Accounts>, host: usize, user: &str, answer: Answer) -> bool {
    let host = format!("win-{host}").parse().unwrap();
    accounts.begin(&host, account(user), None).map(|attempt| answer.to(attempt)).is_ok()
}

/// Twenty logins at once, on as many hosts or all on one; how often it was tried, and how often it failed.
fn at_once(user: &str, hosts: usize, answer: impl Fn(usize) -> Answer + Sync) -> (usize, usize) {
    let (accounts, tries, failures) =
        (Arc::new(Accounts::default()), AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Barrier::new(20);
    thread::scope(|scope| {
        for number in 0..20 {
            let (accounts, tries, failures, start, answer) =
                (&accounts, &tries, &failures, &start, &answer);
            scope.spawn(move || {
                let host = format!("win-{}", number % hosts).parse().unwrap();
                start.wait();
                let answer = match accounts.begin(&host, account(user), None) {
                    Err(_) => Answer::Refused,
                    Ok(attempt) => {
                        let answer = answer(tries.fetch_add(1, Ordering::SeqCst));
                        answer.to(attempt);
                        answer
                    }
                };
                failures.fetch_add(usize::from(!matches!(answer, Answer::In)), Ordering::SeqCst);
            });
        }
    });
    (tries.into_inner(), failures.into_inner())
}

#[test]
fn a_wrong_password_of_a_domain_is_one_attempt() {
    assert_eq!(at_once(OF_DOMAIN, 20, |_| Answer::Refused), (1, 20));
}

#[test]
fn a_wrong_password_of_a_hosts_own_user_is_one_attempt_on_that_host() {
    assert_eq!(at_once(OWN, 20, |_| Answer::Refused), (20, 20), "own users are each host's matter");
    assert_eq!(at_once(OWN, 1, |_| Answer::Refused), (1, 20));
    let changed = |number| if number < 7 { Answer::In } else { Answer::Refused };
    assert_eq!(at_once(OWN, 1, changed), (8, 13), "it changes meanwhile");
    let odd = |number| if number < 2 { Answer::Unjudged } else { Answer::In };
    assert_eq!(at_once(OWN, 1, odd), (20, 2));
}

#[test]
fn what_was_refused_is_told_again_with_what_to_do() {
    let accounts = Arc::new(Accounts::default());
    let begin = || accounts.begin(&"win-1".parse().unwrap(), account(OWN), None);
    begin().unwrap().refused(no());
    let again = begin().unwrap_err();
    assert!(
        matches!(&again.problem, Problem::Refused(said) if said.starts_with("ops was refused; "))
    );
    assert_eq!(again.hint, "mend it");
}

#[test]
fn a_host_that_judges_no_password_says_nothing_about_the_account() {
    let odd = |number| if number < 2 { Answer::Unjudged } else { Answer::In };
    assert_eq!(at_once(OF_DOMAIN, 20, odd), (20, 2));
}

/// One refusal after a good login may be that host's matter, two in a row are the password's.
#[test]
fn a_password_that_turns_bad_is_not_tried_on_every_host() {
    let accounts = Arc::new(Accounts::default());
    let is_tried = |host, answer| is_tried(&accounts, host, OF_DOMAIN, answer);
    assert!(is_tried(0, Answer::In));
    assert!(is_tried(1, Answer::Refused));
    assert!(!is_tried(1, Answer::Refused), "that host has said what it makes of it");
    assert!(is_tried(2, Answer::In), "only that host does not let it in");
    assert!(is_tried(3, Answer::Refused));
    assert!(is_tried(4, Answer::Refused));
    assert!(!is_tried(5, Answer::In), "it is not tried any more");
}

#[test]
fn what_tidies_up_does_not_wait_for_another_hosts_login() {
    let accounts = Arc::new(Accounts::default());
    let begin =
        |host: &str, until| accounts.begin(&host.parse().unwrap(), account(OF_DOMAIN), until);
    let first = begin("win-1", None).unwrap();
    let soon = Instant::now() + Duration::from_millis(1);
    assert!(matches!(begin("win-2", Some(soon)).unwrap_err().problem, Problem::Unreachable(_)));
    drop(first);
    begin("win-2", Some(soon)).unwrap();
}

#[test]
fn accounts_of_domains_are_shared() {
    assert!(is_of_domain("CORP\\ops") && is_of_domain("ops@corp.example"));
    assert!(!is_of_domain("ops") && !is_of_domain(".\\ops"));
}

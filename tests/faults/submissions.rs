//! Who sees that nobody submits files any more and that all scans are finished: people, a route that counts
//! what is in progress, or, for a reason, nobody.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::site::Site;

const UNASKED: &str = "submissions = { unasked = \"nobody submits files to simulated hosts\" }";

/// The quickstart, which says `instead` of why nobody is asked.
fn site(instead: &str) -> Site {
    let site = Site::new();
    site.edit(UNASKED, instead);
    site.edit("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"");
    site
}

fn changed(site: &Site) -> bool {
    site.log("db-01").keys().any(|key| key.starts_with("install:"))
}

#[test]
fn somebody_is_asked_where_nothing_else_is_said() {
    let site = site("");
    let page = "Dashboard > Processing History, filter In-Progress, is empty";
    let plan = site.mdc(&["plan"]).ended(0);
    for words in [
        page,
        "(confirmed by `--confirm api-gateway`)",
        "their word is taken",
        "(gate::word-taken)",
    ] {
        assert!(plan.flat().contains(words), "{words}: {}", plan.said);
    }
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in [page, "`mdc resume --confirm api-gateway`"] {
        assert!(ran.flat().contains(words), "{words}: {}", ran.said);
    }
    assert!(!changed(&site));
    // Stage 1 went ahead.
    assert_eq!(site.log("identity-01")["install:md-cluster-identity-service"], 1);
    let ran = site.mdc(&["resume", "--yes", "--confirm", "api-gateway"]).ended(0);
    assert!(ran.said.contains("confirmed by root"), "{}", ran.said);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn nobody_is_asked_for_a_reason_that_every_plan_tells() {
    let site = Site::new();
    let plan = site.mdc(&["plan"]).ended(0);
    let words = "all scans finished: nobody submits files to simulated hosts";
    assert!(plan.flat().contains(words), "{}", plan.said);
    assert!(!plan.said.contains("Processing History"), "{}", plan.said);
    site.edit(UNASKED, "submissions = { unasked = \"\" }");
    site.mdc(&["validate"]).ended(1);
}

/// Something that answers every request, and hears its head.
struct Counter {
    url: String,
    answers: Arc<Mutex<Vec<String>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Counter {
    /// Gives these answers, the last one again and again.
    fn new(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counter = Self { url, answers: Arc::default(), heard: Arc::default() };
        counter.says(answers);
        let (answers, heard) = (Arc::clone(&counter.answers), Arc::clone(&counter.heard));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let asked = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
                heard.lock().unwrap().extend(asked);
                let mut answers = answers.lock().unwrap();
                let body = answers.last().unwrap().clone();
                if answers.len() > 1 {
                    answers.pop();
                }
                let status = if body.contains("denied") { "403 Forbidden" } else { "200 OK" };
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close");
                let _ = write!(stream, "{answer}\r\n\r\n{body}");
            }
        });
        counter
    }

    fn says(&self, answers: &[&str]) {
        *self.answers.lock().unwrap() = answers.iter().rev().map(ToString::to_string).collect();
    }

    /// The quickstart, which asks it.
    fn site(&self) -> Site {
        let site = site("");
        fs::write(site.path("key"), "s3cret\n").unwrap();
        fs::set_permissions(site.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
        let route = format!(
            "[gates.history]\nurl = \"{}\"\npath = \"/made-up?state=in-progress\"\npointer = \"/total\"\n\
             api-key = {{ file = \"key\" }}\n",
            self.url
        );
        site.edit("[gates.idle]", &format!("{route}\n[gates.idle]"));
        site
    }
}

#[test]
fn a_route_counts_what_is_in_progress() {
    let counter = Counter::new(&["{\"total\":3}"]);
    let site = counter.site();
    let plan = site.mdc(&["plan", "--detail", "commands"]).ended(0);
    // A machine sees it: nobody is asked.
    assert!(!plan.said.contains("Processing History"), "{}", plan.said);
    assert!(
        plan.flat().contains("/made-up?state=in-progress, with the key as `apikey`"),
        "{}",
        plan.said
    );
    for (answer, words) in [
        ("{\"total\":3}", "given up after 300ms; the last value was: 3 in progress"),
        ("{\"total\":\"0\"}", "no number: an answer that can't be understood"),
        ("{\"all\":0}", "it has no /total"),
        ("<html>", "it is not JSON"),
        ("denied to s3cret", "answers 403: denied to (the key)"),
    ] {
        counter.says(&[answer]);
        let ran = site.mdc(&["resume", "--yes"]);
        let ran = if ran.said.contains("No run is unfinished") {
            site.mdc(&["apply", "--yes"]).ended(1)
        } else {
            ran.ended(1)
        };
        assert!(ran.said.contains(words), "{words}: {}", ran.said);
        assert!(ran.said.contains("Dashboard"), "{}", ran.said);
        assert!(!changed(&site));
    }
    counter.says(&["{\"total\":1}", "{\"total\":0}"]);
    let ran = site.mdc(&["resume", "--yes"]).ended(0);
    assert!(ran.said.contains("no scan is in progress, 3 times in a row"), "{}", ran.said);
    let heard = counter.heard.lock().unwrap().clone();
    assert!(heard.iter().all(|line| !line.starts_with("POST")), "{heard:?}");
    assert!(heard.iter().any(|line| line.eq_ignore_ascii_case("apikey: s3cret")), "{heard:?}");
    let record = serde_json::to_string(&site.journal()).unwrap();
    assert!(!record.contains("s3cret"));
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_is_submitted_while_others_are_waited_for_is_seen() {
    // Three looks of its own gate, then something comes back.
    let nothing = "{\"total\":0}";
    let counter = Counter::new(&[nothing, nothing, nothing, "{\"total\":2}", nothing]);
    let site = counter.site();
    site.mdc(&["apply", "--yes", "--events", "events.jsonl"]).ended(0);
    let events = fs::read_to_string(site.path("events.jsonl")).unwrap();
    assert!(events.contains("2 scans are in progress"), "{events}");
}

#[test]
fn a_key_that_is_sent_in_the_clear_is_told_of() {
    let counter = Counter::new(&["{}"]);
    let site = counter.site();
    site.edit(&counter.url, "http://gateway.example:8899");
    let ran = site.mdc(&["validate"]).ended(0);
    assert!(ran.said.contains("the key is sent over a connection in the clear"), "{}", ran.said);
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let counter = Counter::new(&["{\"total\":0}"]);
    let site = counter.site();
    fs::set_permissions(site.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = site.mdc(&["apply", "--yes"]).ended(1);
    for words in ["may be used by other users (mode 644)", "chmod 600"] {
        assert!(ran.flat().contains(words), "{words}: {}", ran.said);
    }
    assert_eq!(*counter.heard.lock().unwrap(), Vec::<String>::new());
    assert!(!changed(&site));
}

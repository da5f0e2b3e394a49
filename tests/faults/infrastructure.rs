//! What a component's own procedure asks for: done before anything changes, and compared with what was
//! recorded then, whatever came between.

use serde_json::{Value, json};

use crate::site::Site;

const QUEUES: &str = "durable queues with their persistent messages";
const STEP: &str = "queue-01/rabbitmq/upgrade";

/// Has RabbitMQ keep these queues.
fn queues(site: &Site, said: &str) {
    let mut host = site.host("queue-01");
    host["units"]["rabbitmq-server"]["holds"] = json!({ QUEUES: said });
    site.write("queue-01", &host);
}

/// Lines may be broken anywhere between words.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn noted(site: &Site) -> Vec<Value> {
    let journal = site.journal().into_iter();
    let noted = journal.filter_map(|entry| entry.get("noted").cloned());
    noted.filter(|it| it["what"] == QUEUES).collect()
}

#[test]
fn what_is_compared_is_what_was_there_before_the_change_also_when_it_was_cut_off() {
    let fresh = Site::new();
    queues(&fresh, "/ tasks 5\n/ old 1");
    for key in ["install:rabbitmq-server", "finish:rabbitmq-server", "compare:rabbitmq-server"] {
        for moment in ["before", "during"] {
            let site = fresh.copy();
            let kill = json!({ "says": "", "times": 1, "kill": moment });
            site.fault("queue-01", key, &kill);
            assert_eq!(site.mdc(&["apply", "--yes"]).status, None, "{key}");
            queues(&site, "/ tasks 4\n/ old 1");
            let ran = site.mdc(&["resume", "--yes"]).ended(1);
            let said = flat(&ran.said);
            for words in [
                "5 of `/ tasks` were there, and 4 are now",
                "before: (/ tasks 5, / old 1)",
                "now: (/ tasks 4, / old 1)",
                "bring that back from the backup",
            ] {
                assert!(said.contains(words), "{key} {moment}: {words:?} is not in:\n{}", ran.said);
            }
            assert!(
                !site.log("queue-01").contains_key("install:redis-server"),
                "it goes no further"
            );
            queues(&site, "/ tasks 5\n/ old 1");
            let ran = site.mdc(&["resume", "--yes"]).ended(0);
            let words = "before and after (/ tasks 5, / old 1)";
            assert!(flat(&ran.said).contains(words), "{}", ran.said);
            let said = json!(["/ tasks 5", "/ old 1"]);
            assert_eq!(noted(&site), [json!({ "step": STEP, "what": QUEUES, "said": said })]);
            assert_eq!(site.log("queue-01")["install:rabbitmq-server"], 1, "{key}");
            let report = site.mdc(&["report"]).ended(0);
            assert!(flat(&report.said).contains(words), "{}", report.said);
        }
    }
}

#[test]
fn a_difference_that_is_as_it_should_be_is_given_up_with_a_reason() {
    let site = Site::new();
    queues(&site, "/ tasks 5");
    let kill = json!({ "says": "", "times": 1, "kill": "during" });
    site.fault("queue-01", "install:rabbitmq-server", &kill);
    assert_eq!(site.mdc(&["apply", "--yes"]).status, None);
    queues(&site, "");
    let ran = site.mdc(&["resume", "--yes"]).ended(1);
    assert!(flat(&ran.said).contains("nothing is told now"), "{}", ran.said);
    site.mdc(&["apply", "--yes", "--give-up", "the queue was deleted"]).ended(0);
    site.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn nothing_is_changed_when_it_can_not_be_prepared_or_asked() {
    for key in ["prepare:rabbitmq-server", "note:rabbitmq-server"] {
        let site = Site::new();
        site.fault("queue-01", key, &json!({ "says": "a queue is down", "times": 1 }));
        let ran = site.mdc(&["apply", "--yes"]).ended(1);
        assert!(ran.said.contains("a queue is down"), "{}", ran.said);
        assert!(!site.log("queue-01").contains_key("install:rabbitmq-server"));
        assert_eq!(site.log("queue-01")["restore:rabbitmq-server"], 1, "it takes clients again");
        assert!(noted(&site).is_empty());
        site.mdc(&["resume", "--yes"]).ended(0);
        assert_eq!(noted(&site).len(), 1);
    }
}

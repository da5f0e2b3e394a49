//! By a request to a web server.

use serde_json::{Value, json};

use crate::mail::no_canary;
use crate::run::{ops, site};
use crate::servers::Server;
use crate::site::Ran;

const SECRETS: &str = "secret-path = { env = \"MDC_PATH\" }, secret-header = { name = \"Authorization\", \
                       value = { env = \"MDC_TOKEN\" } }, headers = { X-Team = \"night\" }";

fn body(asked: &Value) -> Value {
    serde_json::from_str(asked["body"].as_str().unwrap()).unwrap()
}

#[test]
fn a_request_tells_everything_and_no_secret_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::web(folder.path(), "200");
    let keys =
        format!("webhook = {{ url = \"http://127.0.0.1:{}/hooks\", {SECRETS} }}\n", server.port);
    let site = site(&ops("\"before\", \"start\", \"end\"", &keys));
    let mut apply = site.command(&["apply", "--yes"]);
    apply.env("MDC_PATH", "T1/canary-s3cret?sig=a%2Bb").env("MDC_TOKEN", "Bearer canary-s3cret");
    let ran = Ran::of(&apply.output().unwrap());
    assert!(!ran.said.contains("canary"), "{}", ran.said);
    ran.ended(0).tells(&["✓ 200 taken (secret)"]);
    let taken = server.taken();
    assert_eq!(taken.len(), 6, "{taken:?}");
    let first = &taken[0];
    assert_eq!(first["path"], "/hooks/T1/canary-s3cret?sig=a%2Bb");
    assert_eq!(first["headers"]["authorization"], "Bearer canary-s3cret");
    assert_eq!(first["headers"]["x-team"], "night");
    assert_eq!(first["headers"]["content-type"], "application/json");
    let told: Vec<[String; 2]> = taken
        .iter()
        .map(|asked| ["event", "stage"].map(|key| body(asked)[key].as_str().unwrap().to_owned()))
        .collect();
    let order = [
        ["before", "live"],
        ["before", "critical"],
        ["start", "live"],
        ["end", "live"],
        ["start", "critical"],
        ["end", "critical"],
    ];
    assert_eq!(told, order);
    let last = body(&taken[5]);
    assert_eq!(last["subject"], "quickstart (staging): Stage 2 (critical) is complete");
    assert_eq!([&last["steps"], &last["done"], &last["left"]], [&json!(4), &json!(4), &json!(0)]);
    assert!(!body(&taken[0])["impact"].as_array().unwrap().is_empty());
    no_canary(&site);
    let report = site.mdc(&["report", "--format", "json"]).ended(0);
    assert!(!report.said.contains("canary"));
    let report: Value = serde_json::from_str(&report.said).unwrap();
    assert_eq!(report["notices"].as_array().unwrap().len(), 6);
}

#[test]
fn a_body_has_the_form_that_the_service_wants() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::web(folder.path(), "200");
    let keys = format!(
        "text = \"\"\"{{{{what}}}} on \"{{{{site}}}}\"\n{{{{#each impact}}}}- {{{{this}}}}\n{{{{/each}}}}\"\"\"\n\
         webhook = {{ url = \"http://127.0.0.1:{}/\", body = {{ file = \"slack.hbs\" }} }}\n",
        server.port
    );
    let site = site(&ops("\"start\"", &keys));
    let template = "{\"text\": {{json text}}, \"blocks\": [{\"lines\": {{json impact}}}]}";
    std::fs::write(site.path("slack.hbs"), template).unwrap();
    site.mdc(&["apply", "--yes"]).ended(0);
    let taken = server.taken();
    let text = body(&taken[0])["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Stage 1 (live) begins on \"quickstart\"\n- "), "{text}");
    assert!(body(&taken[0])["blocks"][0]["lines"].as_array().unwrap().len() > 1);
}

#[test]
fn what_was_sent_is_not_sent_again() {
    for (mode, words) in [
        ("503", "the server answers 503 taken"),
        ("302", "which mdc does not follow"),
        ("hang", "it may have been taken all the same"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::web(folder.path(), mode);
        let keys = format!(
            "within = \"1s\"\nwebhook = {{ url = \"http://127.0.0.1:{}/\" }}\n",
            server.port
        );
        let site = site(&ops("\"start\"", &keys));
        site.mdc(&["notify", "--test"]).ended(1).tells(&["✗ not delivered:", words]);
        assert_eq!(server.taken().len(), 1, "{mode}");
    }
    // Nobody listens at the port of a server that is gone.
    let folder = tempfile::tempdir().unwrap();
    let port = Server::web(folder.path(), "200").port;
    let keys = format!("retries = 1\nwebhook = {{ url = \"http://127.0.0.1:{port}/\" }}\n");
    let site = site(&ops("\"start\"", &keys));
    site.mdc(&["notify", "--test"]).ended(1).tells(&["no connection", "it was tried 2 times"]);
}

use std::time::Duration;

use camino::Utf8Path;
use serde_json::json;

use super::*;
use crate::manifest::notice::Webhook;

fn letter() -> Letter {
    Letter {
        id: "1".to_owned(),
        subject: "a \"subject\"".to_owned(),
        text: "two\nlines".to_owned(),
        variables: json!({ "site": "east", "event": "start", "impact": ["a"] }),
    }
}

#[test]
fn bodies_hold_all_variables_or_what_their_template_says() {
    let mut webhook = Webhook {
        url: "https://chat.example".to_owned(),
        secret_path: None,
        headers: std::collections::BTreeMap::new(),
        secret_header: None,
        body: None,
        ca: None,
    };
    let body =
        |webhook: &Webhook, template: Option<&str>| webhook::body(webhook, template, &letter());
    let whole: serde_json::Value = serde_json::from_str(&body(&webhook, None).unwrap()).unwrap();
    assert_eq!(
        whole,
        json!({ "site": "east", "event": "start", "impact": ["a"],
                "subject": "a \"subject\"", "text": "two\nlines" })
    );
    let own = body(&webhook, Some("[{{json text}}]")).unwrap();
    assert_eq!(own, r#"["two\nlines"]"#);
    assert!(body(&webhook, Some("[\"{{text}}\"]")).unwrap_err().why.contains("no JSON"));
    webhook.headers.insert("content-type".to_owned(), "text/plain; charset=utf-8".to_owned());
    assert_eq!(body(&webhook, Some("{{text}}")).unwrap(), "two\nlines");
    for (kind, is_json) in [
        ("application/json", true),
        ("Application/JSON; a=b", true),
        ("application/x+json", true),
        ("text/json-seq", false),
    ] {
        webhook.headers.insert("content-type".to_owned(), kind.to_owned());
        assert_eq!(webhook.is_json(), is_json, "{kind}");
    }
}

#[test]
fn a_command_has_the_text_and_the_notice_and_is_not_begun_twice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let run = |line: &str| command::run(line, &letter(), (folder, Duration::from_secs(20)));
    assert_eq!(
        run("cat; echo; echo \"$MDC_SITE $MDC_SUBJECT\"").unwrap(),
        "exit status 0: east a \"subject\""
    );
    assert_eq!(run("true").unwrap(), "exit status 0");
    let failed = run("echo first; echo why >&2; exit 3").unwrap_err();
    assert_eq!(
        (failed.why.as_str(), failed.may_pass),
        ("the command failed (exit status: 3): why", false)
    );
    // More than a pipe holds, on both sides.
    assert!(run("yes | head -c 1000000").unwrap().starts_with("exit status 0"));
    let late = command::run("sleep 100", &letter(), (folder, Duration::from_millis(50)));
    assert!(late.unwrap_err().why.contains("was ended after 1s"));
}

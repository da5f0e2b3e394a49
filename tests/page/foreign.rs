//! Texts that want to be more than text, wherever a plan can hold some.

use std::fs;

use mdc::diagnostic::Code;
use mdc::diff::Reason;
use mdc::plan::{Plan, Unknown, WayBack};
use mdc::transport::Command;
use mdc::view::plan::{dot, mermaid, page};

use crate::browser::Browser;
use crate::graph;
use crate::quickstart;

const EVIL: &str = "</script></style></textarea><img src=x onerror=\"window.taken=1;alert(1)\">\
                    <svg onload=alert(2)>'\"&lt;--><!-- \u{2028}\u{202e} %%{init} \\N \\\" `x` #quot; end";

fn evil(commands: &[Command]) -> Vec<Command> {
    let more = |command: &Command| Command {
        run: format!("{}\n\t{EVIL}", command.run),
        ..command.clone()
    };
    commands.iter().map(more).collect()
}

/// The quickstart's plan with such texts.
fn plan() -> Plan {
    let mut plan = quickstart::plan();
    for text in [&mut plan.cluster, &mut plan.environment, &mut plan.release, &mut plan.manifest] {
        EVIL.clone_into(text);
    }
    for step in &mut plan.steps {
        step.impact = EVIL.into();
        step.commands = evil(&step.commands).into();
        step.reasons.push(Reason::Loses { what: EVIL.into() });
        if step.way_back.is_some() {
            step.way_back = Some(WayBack::None(EVIL.into()));
        }
    }
    plan.warnings.push(Code::Stays.said(EVIL));
    let step = plan.steps[0].clone();
    let (reason, hint) = (EVIL.to_owned(), EVIL.to_owned());
    plan.unknown.push(Unknown { host: step.host, components: vec![step.component], reason, hint });
    plan
}

#[test]
fn no_text_is_markup() {
    let (page, harmless) = (page(&plan(), EVIL), page(&quickstart::plan(), "next"));
    let elements = |page: &str, name: &str| page.matches(name).count();
    for name in ["<script", "</script", "<style", "</style"] {
        assert_eq!(elements(&page, name), elements(&harmless, name), "{name}");
    }
    for name in ["<img", "<svg onload", "<!--", "\u{2028}", "\u{202e}"] {
        assert_eq!(elements(&page, name), 0, "{name}");
    }
    assert!(page.contains("&lt;img src=x onerror=&quot;"));
}

#[test]
fn no_text_does_anything_in_a_browser() {
    let Some(browser) = Browser::start("foreign texts in a browser") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::write(&path, page(&plan(), EVIL)).unwrap();
    browser.open(&path, "#s3");
    // Rows are filled when it is told that they opened.
    browser.run(
        "const closed = Array.from(document.querySelectorAll('details:not([open])')); \
         await Promise.all(closed.map((row) => new Promise((done) => { \
         row.addEventListener('toggle', done, { once: true }); row.open = true; })))",
    );
    assert!(!browser.asks());
    let seen = browser.run(
        "return [window.taken ?? null, document.querySelectorAll('img, svg[onload], textarea').length, \
         document.title.startsWith('</script></style>'), \
         document.querySelectorAll('details.row pre').length > 50, document.scripts.length]",
    );
    assert_eq!(seen, serde_json::json!([null, 0, true, true, 2]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn no_text_breaks_a_graph() {
    graph::is_accepted("foreign texts", dot(&plan()).as_bytes());
    graph::is_a_flowchart(&mermaid(&plan()));
}

#[test]
fn a_script_that_gets_in_is_not_run() {
    let Some(browser) = Browser::start("a script in a page") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let page = page(&quickstart::plan(), "next");
    let other = "<script>window.taken = 1</script><img src=x onerror='window.taken = 1'>";
    fs::write(&path, page.replacen("<h1>", &format!("{other}<h1>"), 1)).unwrap();
    browser.open(&path, "");
    assert!(browser.run("return window.taken ?? null").is_null());
    assert!(!browser.complaints().is_empty(), "the policy says what it refuses");
}

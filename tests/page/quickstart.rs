//! The page of the quickstart's plan, as it stands in `plans/`.

use std::path::{Path, PathBuf};

use mdc::plan::Plan;
use serde_json::json;

use crate::browser::{Browser, ENTER, TAB};
use crate::look;

pub(crate) fn plan() -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans/quickstart.json");
    mdc::plan::read(path.to_str().unwrap().into()).unwrap()
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plans/quickstart.html")
}

const ROWS: &str = "const rows = Array.from(document.querySelectorAll('details.row')); \
                    return [rows.filter((row) => !row.hidden).length, rows.length]";

#[test]
fn it_can_be_read_by_everybody() {
    let Some(browser) = Browser::start("the page in a browser") else { return };
    browser.open(&page(), "");
    look::is_readable(&browser);
    browser.open(&page(), "#s40");
    assert_eq!(browser.run("return document.querySelectorAll('details.row[open]').length"), 1);
    look::is_readable(&browser);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_filter_hides_rows_counts_steps_and_is_kept_in_the_address() {
    let Some(browser) = Browser::start("the page's filter") else { return };
    browser.open(&page(), "");
    assert_eq!(look::count(&browser), "All 107 steps shown, in 90 rows");
    assert_eq!(
        browser.run("return document.querySelector('#count').getAttribute('aria-live')"),
        "polite"
    );
    // By the keyboard alone: to the filter, a word, to a row, open it.
    browser.press(&["/"]);
    assert_eq!(browser.run("return document.activeElement.id"), "text");
    browser.press(&["g", "a", "t", "e", "-", "0", "1"]);
    let filtered = look::count(&browser);
    assert!(filtered.contains(" of 107 shown"), "{filtered}");
    let rows = browser.run(ROWS);
    assert!(rows[0].as_u64() < rows[1].as_u64() && rows[0] != json!(0), "{rows}");
    let address = browser.run("return location.hash");
    assert_eq!(address, "#text=gate-01");
    browser.open(&page(), "#text=gate-01");
    assert_eq!(look::count(&browser), filtered);
    browser.open(&page(), "#component=worker&changes=only&host=core-02");
    assert_eq!(look::count(&browser), "1 step of 107 shown, in 1 row");
    assert!(browser.run("return document.querySelectorAll('a.bar:not(.off)').length") == 1);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_row_opens_by_keyboard_and_shows_its_exact_commands() {
    let Some(browser) = Browser::start("the page's rows") else { return };
    browser.open(&page(), "#component=postgresql&action=upgrade");
    browser.run("document.querySelector('#text').focus()");
    let on_row = "return document.activeElement.matches('details.row > summary')";
    let tabs = (0..12).find(|_| {
        browser.press(&[TAB]);
        browser.run(on_row) == true
    });
    assert!(tabs.is_some(), "no row is reached by Tab");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.run(outline), "solid");
    browser.press(&[ENTER]);
    // `toggle`, which fills the row, is told a moment after the row has opened.
    let shown = browser.run(
        "const row = document.activeElement.parentElement; \
         const filled = () => row.open && row.querySelector('pre'); \
         if (!filled()) await new Promise((done) => row.addEventListener('toggle', done, { once: true })); \
         return [row.open, Array.from(row.querySelectorAll('pre')).map((it) => it.textContent), \
         row.querySelector('dl').textContent, row.querySelectorAll('button.copy').length]",
    );
    assert_eq!(shown[0], true);
    let plan = plan();
    let step = plan.steps.iter().find(|step| &*step.id == "db-01/postgresql/upgrade").unwrap();
    let expected: Vec<&str> =
        step.commands.iter().map(|it| it.run.as_str()).filter(|it| !it.is_empty()).collect();
    let shown_commands: Vec<&str> =
        shown[1].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for command in &expected {
        assert!(shown_commands.contains(command), "missing: {command}");
    }
    assert_eq!(shown[3].as_u64(), Some(shown_commands.len() as u64));
    let facts = shown[2].as_str().unwrap();
    for fact in ["The whole cluster stops", "waits for", "await idle", "way back", "none"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
}

#[test]
fn without_scripts_all_is_there() {
    let Some(browser) = Browser::start("the page without scripts") else { return };
    browser.without_scripts(true);
    browser.open(&page(), "");
    browser.without_scripts(false);
    let seen = browser.run(
        "const pool = document.querySelector('#pool'), row = document.querySelector('#s40'); \
         return [document.querySelector('#filter').hidden, pool.getBoundingClientRect().height > 0, \
         document.querySelectorAll('details.row').length, \
         document.querySelector(row.querySelector('a.runs').hash).matches('details.pool')]",
    );
    assert_eq!(seen, json!([true, true, 90, true]));
}

#[test]
fn the_picture_lights_neighbours() {
    let Some(browser) = Browser::start("the page's picture") else { return };
    browser.open(&page(), "");
    let lit = "return document.querySelectorAll('.node.on').length";
    assert_eq!(browser.run(lit), 0);
    browser.run("document.querySelectorAll('a.node')[3].focus()");
    let lit = browser.run(lit).as_u64().unwrap();
    assert!((2..20).contains(&lit), "{lit}");
}

//! What people see of a cluster of twelve hosts, kept as files: `SNAPSHOTS=overwrite cargo test`
//! writes them anew.

#[path = "views/change.rs"]
mod change;
#[path = "views/commonmark.rs"]
mod commonmark;
#[path = "views/fleet.rs"]
mod fleet;
#[path = "views/hostile.rs"]
mod hostile;

use mdc::view::document::{Block, Document};
use mdc::view::plan::Detail;
use mdc::view::terminal::{self, Style};
use mdc::view::{history, html, markdown, observed, plan, report, status};
use proptest::prelude::*;
use snapbox::{Assert, Data};

const NEXT: &str = "mdc apply plans/production.json";

fn plain(width: usize) -> Style {
    Style { width, colour: false, unicode: true }
}

fn same(name: &str, text: String) {
    let path = format!("{}/tests/views/{name}", env!("CARGO_MANIFEST_DIR"));
    let expected = Data::read_from(path.as_ref(), None).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(text).raw(), expected);
}

fn same_at_each_width(name: &str, document: &Document) {
    for width in [60, 80, 120] {
        same(&format!("{name}.{width}.txt"), terminal::render(document, &plain(width)));
    }
}

#[test]
fn the_plan_on_a_terminal() {
    let plan = fleet::plan();
    same_at_each_width("plan.steps", &plan::document(&plan, Detail::Steps, NEXT));
    let summary = plan::document(&plan, Detail::Summary, NEXT);
    same("plan.summary.100.txt", terminal::render(&summary, &plain(100)));
    let commands = plan::document(&plan, Detail::Commands, NEXT);
    same("plan.commands.100.txt", terminal::render(&commands, &plain(100)));
}

#[test]
fn the_plan_in_colour_and_in_ascii() {
    let document = plan::document(&fleet::plan(), Detail::Steps, NEXT);
    let colour = Style { width: 100, colour: true, unicode: true };
    same("plan.steps.colour.txt", terminal::render(&document, &colour));
    let ascii = Style { width: 100, colour: false, unicode: false };
    let text = terminal::render(&document, &ascii);
    assert!(text.is_ascii());
    same("plan.steps.ascii.txt", text);
}

#[test]
fn the_plan_as_a_comment() {
    let comment = plan::comment(&fleet::plan(), NEXT);
    assert!(comment.starts_with("<!-- mdc:plan scan-eu/production -->\n"), "{comment}");
    same("plan.comment.md", comment);
}

#[test]
fn the_empty_plan() {
    let document = plan::document(&fleet::empty_plan(), Detail::Steps, NEXT);
    same("plan.empty.txt", terminal::render(&document, &plain(80)));
    same("plan.empty.md", markdown::render(&document));
}

#[test]
fn the_report_of_a_failed_run() {
    let document = report::document(&fleet::failed_report(), report::Detail::Summary);
    same_at_each_width("report.failed", &document);
    let steps = report::document(&fleet::failed_report(), report::Detail::Steps);
    same("report.failed.md", markdown::render(&steps));
}

#[test]
fn the_change_record_of_a_run() {
    let plan = fleet::plan();
    let document = report::change_record(&change::record(&plan), &plan);
    same("change.100.txt", terminal::render(&document, &plain(100)));
    same("change.md", markdown::render(&document));
    same("change.html", html::render(&document));
    let document = report::change_record(&change::damaged(&plan), &plan);
    same("change.damaged.80.txt", terminal::render(&document, &plain(80)));
}

#[test]
fn the_history_of_a_cluster() {
    same_at_each_width("history", &history::document(&change::history(None)));
    same("history.md", markdown::render(&history::document(&change::history(None))));
}

#[test]
fn the_status_in_the_middle_of_an_upgrade() {
    let document = status::document(&fleet::desired(), &fleet::observed(), &fleet::past());
    same_at_each_width("status", &document);
    same("status.md", markdown::render(&document));
}

#[test]
fn the_observed_facts() {
    let document = observed::document(&fleet::observed());
    same("observed.80.txt", terminal::render(&document, &plain(80)));
}

fn documents(text: &str) -> Vec<Document> {
    let plan = hostile::plan(text);
    vec![
        plan::document(&plan, Detail::Commands, text),
        plan::document(&mdc::plan::Plan { steps: Vec::new(), ..plan }, Detail::Steps, text),
        report::document(&hostile::report(text), report::Detail::Steps),
        report::change_record(&change::hostile(&hostile::plan(text), text), &hostile::plan(text)),
        history::document(&change::history(Some(text))),
        status::document(
            &hostile::desired(text),
            &hostile::observed(text),
            &std::collections::BTreeMap::new(),
        ),
        observed::document(&hostile::observed(text)),
    ]
}

/// Takes our own colours off: `ESC [`, digits and `;`, `m`.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        plain
            + part
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
                .strip_prefix('m')
                .unwrap_or(part)
    })
}

/// Takes off what a renderer writes itself, so that what is left is foreign: the marker, whose
/// dashes can't be the text's own, and the tags.
fn without_our_tags(mut open: String) -> String {
    if open.starts_with("<!-- mdc:plan ") && open.ends_with(" -->") {
        assert_eq!(open.matches("--").count(), 2, "{open}");
        return String::new();
    }
    while let (Some(start), Some(end)) = (open.find("<code>"), open.find("</code>")) {
        open.replace_range(start..end + "</code>".len(), "");
    }
    for tag in ["<details>", "<summary>", "</summary>", "</details>"] {
        open = open.replacen(tag, "", 1);
    }
    open.replace("<br>", "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_foreign_steers_the_terminal(text in hostile::text()) {
        for document in documents(&text) {
            let shown = terminal::render(&document, &plain(80));
            let steers = |c: char| c != '\n' && (c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c));
            prop_assert_eq!(shown.chars().find(|c| steers(*c)), None, "{}", shown);
            let colour = terminal::render(&document, &Style { colour: true, ..plain(80) });
            prop_assert_eq!(without_colour(&colour), shown);
            let ascii = terminal::render(&document, &Style { unicode: false, ..plain(80) });
            prop_assert!(ascii.is_ascii());
        }
    }

    #[test]
    fn nothing_foreign_is_markup(text in hostile::text()) {
        for document in documents(&text) {
            let markdown = markdown::render(&document);
            prop_assert_eq!(markdown.chars().find(|c| *c != '\n' && c.is_control()), None);
            for open in commonmark::open_text(&markdown) {
                let open = without_our_tags(open);
                let sign = ["<", "[", "@", "://", "www.", "~~~"].iter().find(|it| open.contains(**it));
                prop_assert_eq!(sign, None, "{}: {}", open, markdown);
                let begins = ["+ ", "1. ", "### ", "- - "].iter().find(|it| open.starts_with(**it));
                prop_assert_eq!(begins, None, "{}", open);
            }
            let lines: Vec<&str> = markdown.lines().collect();
            for pair in lines.windows(2).filter(|pair| pair.iter().all(|it| it.starts_with("| "))) {
                let [above, below] = [pair[0], pair[1]].map(|row| commonmark::cells(row).len());
                prop_assert_eq!(above, below, "{:?}", pair);
            }
        }
    }
}

/// The names of a page's elements, first to last; fails where one isn't ours.
fn elements(page: &str) -> Vec<&str> {
    let opened = page.split('<').skip(1);
    opened.map(|rest| rest.split(['>', ' ']).next().unwrap_or_default()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the texts hold, a page has the elements that it has with harmless ones.
    #[test]
    fn nothing_foreign_is_an_element(text in hostile::text()) {
        prop_assume!(!text.is_empty());
        let harmless = documents("harmless");
        for (document, harmless) in documents(&text).iter().zip(&harmless) {
            let (page, harmless) = (html::render(document), html::render(harmless));
            prop_assert_eq!(page.chars().find(|c| *c != '\n' && c.is_control()), None);
            let (ours, body) = page.split_once("<body>").unwrap();
            prop_assert!(ours.matches('<').count() == harmless.split_once("<body>").unwrap().0.matches('<').count());
            let known = elements(&harmless);
            prop_assert!(elements(body).iter().all(|name| known.contains(name)), "{}", body);
        }
    }
}

#[test]
fn lines_keep_to_the_width_but_for_code() {
    let documents = [
        plan::document(&fleet::plan(), Detail::Steps, ""),
        report::document(&fleet::failed_report(), report::Detail::Steps),
        history::document(&change::history(None)),
        status::document(&fleet::desired(), &fleet::observed(), &fleet::past()),
        observed::document(&fleet::observed()),
    ];
    for mut document in documents {
        document.blocks.retain(|block| !matches!(block, Block::Code(_)));
        for width in [60, 80, 120] {
            let text = terminal::render(&document, &plain(width));
            let long = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(long, None, "{width}");
        }
    }
}

/// The plan of the fleet, with all its steps so many times.
fn long(copies: u32) -> mdc::plan::Plan {
    let mut plan = fleet::plan();
    let steps = plan.steps.clone();
    plan.steps = (0..copies)
        .flat_map(|copy| {
            steps.iter().cloned().map(move |mut step| {
                step.wave += 20 * copy;
                step.impact = format!("{}, time {copy}", step.impact).into();
                step
            })
        })
        .collect();
    plan
}

#[test]
fn a_comment_that_is_too_long_drops_detail_and_says_so() {
    for (copies, dropped) in [(9, "The commands are left out"), (60, "The steps are left out")] {
        let plan = long(copies);
        let comment = plan::comment(&plan, NEXT);
        assert!(comment.len() <= markdown::LONGEST_COMMENT, "{}", comment.len());
        assert!(comment.contains(dropped), "{dropped}: {}", comment.get(..400).unwrap_or_default());
        assert!(comment.starts_with("<!-- mdc:plan scan-eu/production -->\n"));
    }
}

#[test]
fn a_plan_that_is_too_long_for_one_comment_is_several_with_all_of_it() {
    let plan = long(9);
    let comments = plan::comments(&plan, NEXT, None);
    let of = comments.len();
    assert!((2..=10).contains(&of), "{of}");
    for (place, comment) in comments.iter().enumerate() {
        let mark = format!("<!-- mdc:plan scan-eu/production part {} of {of} -->\n", place + 1);
        assert!(comment.starts_with(&mark));
        assert!(comment.len() + 2_048 <= markdown::LONGEST_COMMENT, "{}", comment.len());
    }
    assert!(comments[0].contains("**changes**") && !comments[1].contains("**changes**"));
    // Each line of the whole is in one of them.
    let whole = markdown::render(&plan::document(&plan, Detail::Commands, NEXT));
    let all = comments.concat();
    let lost = whole.lines().skip(1).filter(|line| !line.contains("<summary>"));
    let lost: Vec<&str> = lost.filter(|line| !all.contains(line)).collect();
    assert_eq!(lost, Vec::<&str>::new());
    assert_eq!(plan::comments(&fleet::plan(), NEXT, None).len(), 1);
    // What would be more than people read is told to be left out.
    for (copies, dropped) in [(60, "The commands are left out"), (400, "The steps are left out")] {
        let comments = plan::comments(&long(copies), NEXT, None);
        assert!(comments.len() <= 10 && comments[0].contains(dropped), "{}", comments.len());
    }
}

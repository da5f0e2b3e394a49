//! What people see of a cluster of twelve hosts, kept as files: `SNAPSHOTS=overwrite cargo test`
//! writes them anew.

#[path = "views/fleet.rs"]
mod fleet;

use mdc::view::document::Document;
use mdc::view::plan::Detail;
use mdc::view::terminal::{self, Style};
use mdc::view::{markdown, observed, plan, report, status};
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
    assert!(comment.starts_with("<!-- mdc:plan scan-eu -->\n"), "{comment}");
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
fn the_status_in_the_middle_of_an_upgrade() {
    let document = status::document(&fleet::desired(), &fleet::observed());
    same_at_each_width("status", &document);
    same("status.md", markdown::render(&document));
}

#[test]
fn the_observed_facts() {
    let document = observed::document(&fleet::observed());
    same("observed.80.txt", terminal::render(&document, &plain(80)));
}

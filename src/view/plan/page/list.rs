//! The steps of the page, part by part: each row opens to all that there is to know of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::groups::Group;
use super::super::steps::{notes, version};
use super::listing::{Listed, Listing};
use super::pool::Pool;
use crate::address::ComponentName;
use crate::diff::Action;
use crate::plan::{Part, Plan, elapsed};
use crate::view::html::escape::{escaped, text};
use crate::view::words;

/// More rows of one kind than this are folded, in a plan that has many groups.
const FLAT: usize = 10;
/// So many of those that a row waits for are named.
const NAMED: usize = 12;

/// Where each part's steps stand.
pub(super) fn list<'a>(plan: &'a Plan, listing: &Listing<'a>, pool: &mut Pool<'a>) -> String {
    let mut out = String::new();
    for (number, part) in listing.groups.parts.iter().enumerate() {
        let rows: Vec<(usize, &Listed<'a>)> =
            listing.rows.iter().enumerate().filter(|(_, row)| row.part == number).collect();
        out.push_str(&heading(number, part));
        for run in rows.chunk_by(|(_, one), (_, next)| one.group == next.group) {
            let open = if listing.groups.folded && run.len() > FLAT { run.first() } else { None };
            let group = open.and_then(|(_, first)| listing.groups.all.get(first.group));
            out.push_str(&group.map(|group| fold(group, run.len())).unwrap_or_default());
            for (number, listed) in run {
                out.push_str(&row(plan, listing, (*number, listed), pool));
            }
            out.push_str(if group.is_some() { "</details>\n" } else { "" });
        }
        out.push_str("</section>\n");
    }
    out
}

fn heading(number: usize, part: &Part<'_>) -> String {
    let amount = words::count(part.steps.len(), "step");
    format!(
        "<section class=\"part\" id=\"p{number}\" aria-labelledby=\"h{number}\">\n\
         <h3 id=\"h{number}\">{}<span class=\"dim\">: {amount}, about {}</span></h3>\n<p class=\"dim\">{}</p>\n",
        escaped(part.title),
        words::about(elapsed(&part.steps)),
        escaped(part.means)
    )
}

/// Many rows of one kind, folded.
fn fold(group: &Group<'_>, rows: usize) -> String {
    format!(
        "<details class=\"fold\"><summary><span class=\"strong\">{}</span> on \
         <span class=\"host\">{}</span> <span class=\"dim\">({}; {})</span></summary>\n",
        escaped(&group.title()),
        escaped(&group.hosts()),
        words::count(group.width(), "host"),
        escaped(&format!("{}, {}", group.when(), words::count(rows, "row")))
    )
}

/// What a filter asks a row for.
fn kind(action: Action) -> &'static str {
    if action.only_copies() || action.is_gate() { "quiet" } else { "change" }
}

fn row<'a>(
    plan: &'a Plan,
    listing: &Listing<'a>,
    (number, listed): (usize, &Listed<'a>),
    pool: &mut Pool<'a>,
) -> String {
    let same = &listed.row.same;
    let action = same.action;
    let hosts = match listed.row.steps.len() {
        1 => String::new(),
        many => format!(" <span class=\"dim\">({many} hosts)</span>"),
    };
    let impact = if same.impact.is_empty() { "" } else { " <span class=\"stops\">impact</span>" };
    let one_way = same.way_back.starts_with("none");
    let one_way = if one_way { " <span class=\"lasting\">no way back</span>" } else { "" };
    format!(
        "<details class=\"row\" id=\"s{number}\" data-c=\"{component}\" data-a=\"{word}\" data-p=\"{part}\" data-k=\"{kind}\">\
         <summary><span class=\"wave\"><span class=\"seen\">wave </span>{wave}</span>\
         <span class=\"act\"><span aria-hidden=\"true\">{sign}</span> {word}</span>\
         <span class=\"component\">{component}</span>\
         <span class=\"hosts\"><span class=\"host\">{names}</span>{hosts}</span>\
         <span class=\"ver\">{version}{impact}{one_way}</span>\
         <span class=\"takes\">{takes}</span></summary>\n\
         <div class=\"detail\">{facts}{commands}</div></details>\n",
        component = escaped(same.component.as_str()),
        word = words::action(action),
        sign = words::sign(action),
        part = listed.part,
        kind = kind(action),
        wave = same.wave,
        names = escaped(&listed.row.hosts()),
        version = text(&version(&listed.row)),
        takes = words::about(same.forecast.duration()),
        facts = facts(listing, listed),
        commands = pool.refer(plan, &listed.row),
    )
}

/// Why, what stops, what it waits for, its way back.
fn facts(listing: &Listing<'_>, listed: &Listed<'_>) -> String {
    let mut out = String::from("<dl>");
    let told = |key: &str| match key {
        "impact" => "stops meanwhile".to_owned(),
        other => other.to_owned(),
    };
    for note in notes(&listed.row) {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", told(note.key), text(&note.text));
    }
    let waits = waits(listing, listed);
    let told = if waits.is_empty() { "nothing: it is among the first" } else { "" };
    let _ = write!(out, "<dt>waits for</dt><dd>{told}{waits}</dd>");
    let (time, slow) = (listed.row.same.forecast.duration(), listed.row.same.slow.duration());
    let (time, slow) = (words::about(time), words::about(slow));
    let begins = words::after(listed.row.begins);
    let _ = writeln!(
        out,
        "<dt>forecast</dt><dd>{begins}; about {time} on each host, {slow} in a slow case</dd></dl>"
    );
    out
}

/// What the steps of a row come after, as links to those rows.
fn waits(listing: &Listing<'_>, listed: &Listed<'_>) -> String {
    type Before<'a> = (Action, &'a ComponentName, bool);
    let mut before: BTreeMap<Before<'_>, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for step in &listed.row.steps {
        for (other, row) in step.after.iter().filter_map(|id| listing.step(id)) {
            let same = other.host == step.host && listed.row.steps.len() > 1;
            let entry = before.entry((other.action, &other.component, same)).or_default();
            entry.0 = entry.0.max(row);
            entry.1.insert(other.host.as_str());
        }
    }
    let mut told: Vec<(usize, String)> = before
        .into_iter()
        .map(|((action, component, same), (row, hosts))| {
            let action = words::action(action);
            let place = if same {
                "on the same host".to_owned()
            } else {
                format!("on {}", words::hosts(hosts))
            };
            (row, escaped(&format!("{action} {component} {place}")))
        })
        .collect();
    // The latest first: it is what a step really waits for.
    told.sort_by(|one, other| other.cmp(one));
    let more = told.len().saturating_sub(NAMED);
    let links = told.iter().take(NAMED);
    let links: Vec<String> =
        links.map(|(row, words)| format!("<a href=\"#s{row}\">{words}</a>")).collect();
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    links.join("; ") + &more
}

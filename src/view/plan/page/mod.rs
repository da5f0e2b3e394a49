//! The plan as one HTML page that needs nothing else: what it comes to, its timeline, its order as a
//! picture, and every step with its exact commands.
//!
//! All is there without the script, which only filters, finds and unfolds.

mod data;
mod layers;
mod list;
mod listing;
mod picture;
mod pool;
mod timeline;

use std::time::Duration;

use openssl::base64::encode_block;
use openssl::sha::sha256;

use super::width::hosts;
use super::{
    Detail, closing, files, left_out, nothing_to_do, notices, origin, rehearsal, summary, title,
    waivers,
};
use crate::plan::{Plan, Step, waves};
use crate::view::document::Block;
use crate::view::html::{self, escape};
use crate::view::words;
use listing::Listing;
use pool::Pool;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The plan as a page. `next` is the command that carries it out; empty when the reader has nothing to
/// run.
///
/// No text of the plan can form markup; should one, the page's own policy (Content Security Policy,
/// level 3) lets nothing run but the page's own script, known by its digest, and nothing be fetched.
#[must_use]
pub fn page(plan: &Plan, next: &str) -> String {
    let listing = Listing::of(plan);
    let mut out = head(plan);
    out.push_str(&summary(plan));
    if !plan.steps.is_empty() {
        out.push_str(&steps(plan, &listing));
    }
    let mut rest = files::blocks(&plan.steps);
    rest.extend(notices::blocks(plan, Detail::Commands));
    rest.extend(left_out::blocks(plan));
    rest.extend(rehearsal::blocks(plan));
    rest.extend(waivers(&plan.waivers));
    if !plan.steps.is_empty() && !next.is_empty() {
        rest.extend(closing(plan, next));
    }
    if !rest.is_empty() {
        out.push_str("<section id=\"rest\" aria-label=\"What else there is to know\">\n");
        html::blocks(&mut out, &rest);
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n");
    if !plan.steps.is_empty() {
        out.extend(["<script>", SCRIPT, "</script>\n"]);
    }
    out + "</body>\n</html>\n"
}

/// The digest under which a policy lets a text of the page in.
fn source(text: &str) -> String {
    format!("'sha256-{}'", encode_block(&sha256(text.as_bytes())))
}

fn head(plan: &Plan) -> String {
    let title = escape::escaped(&title(plan).said());
    let (style, script) = (source(STYLE), source(SCRIPT));
    let links =
        [("summary", "Summary"), ("timeline", "Timeline"), ("order", "Order"), ("steps", "Steps")];
    let links = links.map(|(id, name)| format!("<a href=\"#{id}\">{name}</a>")).concat();
    let links = if plan.steps.is_empty() { String::new() } else { links };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {style}; \
         script-src {script}; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the plan</a>\n\
         <header>\n<h1>{title}</h1>\n<p>{}</p>\n<nav aria-label=\"Parts of this page\">{links}</nav>\n</header>\n\
         <main id=\"main\" tabindex=\"-1\">\n",
        escape::text(&origin(plan))
    )
}

fn summary(plan: &Plan) -> String {
    let mut out = String::from(
        "<section id=\"summary\" aria-labelledby=\"h-summary\">\n<h2 id=\"h-summary\">Summary</h2>\n",
    );
    if plan.steps.is_empty() {
        html::blocks(&mut out, &[Block::Paragraph(nothing_to_do(plan))]);
    } else {
        out.push_str(&figures(plan));
        html::blocks(&mut out, &summary::blocks(plan));
    }
    out + "</section>\n"
}

/// What a reader asks first, in large figures.
fn figures(plan: &Plan) -> String {
    let all: Vec<&Step> = plan.steps.iter().collect();
    let waves = waves(&all);
    let time: Duration = waves.values().fold(Duration::ZERO, |sum, it| sum.saturating_add(*it));
    let changes: Vec<&Step> = all
        .iter()
        .copied()
        .filter(|step| !step.action.only_copies() && !step.action.is_gate())
        .collect();
    let moved = || all.iter().filter(|step| step.action.interrupts());
    let back = moved().filter(|step| step.back().is_some()).count();
    let open = plan.unknown.len() + plan.withheld.len();
    let figures = [
        (
            changes.len().to_string(),
            format!("changes on {}", words::count(hosts(changes.iter().copied()), "host")),
        ),
        (all.len().to_string(), "steps in all".to_owned()),
        (words::about(time), format!("in {}", words::count(waves.len(), "wave"))),
        (format!("{back} of {}", moved().count()), "with a way back".to_owned()),
        (open.to_string(), "unknown or withheld".to_owned()),
        (
            plan.warnings.len().to_string(),
            if plan.warnings.len() == 1 { "warning" } else { "warnings" }.to_owned(),
        ),
    ];
    let figures = figures.map(|(number, what)| {
        format!("<li><strong>{}</strong> {}</li>", escape::escaped(&number), escape::escaped(&what))
    });
    format!("<ul class=\"figures\">{}</ul>\n", figures.concat())
}

fn steps(plan: &Plan, listing: &Listing<'_>) -> String {
    let (timeline, bars) = timeline::timeline(plan, listing);
    let mut pool = Pool::default();
    let list = list::list(plan, listing, &mut pool);
    let folded = if listing.groups.folded {
        " The waves of a component are drawn as one: there are too many for a picture."
    } else {
        ""
    };
    [
        "<section id=\"timeline\" aria-labelledby=\"h-timeline\">\n<h2 id=\"h-timeline\">Timeline</h2>\n\
         <p class=\"dim\">What is changed when, by the forecast. Behind it, shaded: stage 2. A dashed edge: no way \
         back. What only copies or looks is in the list of steps.</p>\n",
        &timeline,
        "</section>\n<section id=\"order\" aria-labelledby=\"h-order\">\n<h2 id=\"h-order\">Order</h2>\n\
         <p class=\"dim\">Each group of steps stands below what it waits for.",
        folded,
        "</p>\n",
        &picture::picture(listing),
        "</section>\n<section id=\"steps\" aria-labelledby=\"h-steps\">\n<h2 id=\"h-steps\">Steps</h2>\n",
        &filter(plan, listing),
        &list,
        "</section>\n<section id=\"pool\" aria-labelledby=\"h-pool\">\n<h2 id=\"h-pool\">Commands</h2>\n",
        &pool.render(),
        "</section>\n<script type=\"application/json\" id=\"data\">",
        &data::data(listing, &bars),
        "</script>\n",
    ]
    .concat()
}

fn filter(plan: &Plan, listing: &Listing<'_>) -> String {
    let choice = |id: &str, label: &str, options: Vec<(String, String)>| {
        let options = options.into_iter().map(|(value, name)| {
            format!(
                "<option value=\"{}\">{}</option>",
                escape::escaped(&value),
                escape::escaped(&name)
            )
        });
        format!(
            "<label>{label} <select id=\"{id}\" name=\"{id}\"><option value=\"\">all</option>{}</select></label>\n",
            options.collect::<String>()
        )
    };
    let parts = listing.groups.parts.iter().enumerate();
    let parts = parts.map(|(number, part)| (number.to_string(), part.title.to_owned())).collect();
    let mut components: Vec<&str> = plan.steps.iter().map(|it| it.component.as_str()).collect();
    components.sort_unstable();
    components.dedup();
    let mut actions: Vec<_> = plan.steps.iter().map(|it| it.action).collect();
    actions.sort_unstable();
    actions.dedup();
    let own = |name: &str| (name.to_owned(), name.to_owned());
    [
        "<form id=\"filter\" role=\"search\" aria-label=\"Filter the steps\" hidden>\n\
         <label class=\"wide\">Text <input id=\"text\" name=\"text\" type=\"search\" autocomplete=\"off\" \
         placeholder=\"any word; press / to come here\"></label>\n\
         <label>Host <input id=\"host\" name=\"host\" type=\"search\" list=\"hosts\" autocomplete=\"off\" \
         placeholder=\"all\"></label>\n<datalist id=\"hosts\"></datalist>\n",
        &choice("component", "Component", components.into_iter().map(own).collect()),
        &choice("stage", "Part", parts),
        &choice("action", "Action", actions.into_iter().map(|it| own(words::action(it))).collect()),
        "<label class=\"check\"><input id=\"changes\" name=\"changes\" type=\"checkbox\"> Only changes</label>\n\
         <button type=\"reset\">Show all</button>\n\
         <p id=\"count\" role=\"status\" aria-live=\"polite\"></p>\n</form>\n",
    ]
    .concat()
}

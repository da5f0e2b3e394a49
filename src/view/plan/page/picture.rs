//! The order of the plan as a picture: groups of steps below what they wait for.

use std::fmt::Write as _;

use super::layers::{HEIGHT, Layers, WIDTH, layers};
use super::listing::Listing;
use crate::catalog::Stage;
use crate::view::html::escape::escaped;
use crate::view::plan::groups::{Group, Groups};
use crate::view::words;

/// So many characters fit in a box, in a wide font: of a title, which is bold, and of what stands below.
const FITS: (usize, usize) = (34, 44);

pub(super) fn picture(listing: &Listing<'_>) -> String {
    let groups = &listing.groups;
    let layers = layers(groups);
    let (width, height) = (layers.width, layers.height);
    let mut out = format!(
        "<div class=\"scroll picture\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the order\">\n\
         <svg id=\"picture\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"group\" \
         aria-label=\"Groups of steps, each below what it waits for\">\n"
    );
    // Writing to a string can't fail.
    for (part, (y, height)) in &layers.parts {
        let title = groups.parts.get(*part).map_or("", |part| part.title);
        let _ = writeln!(
            out,
            "<g class=\"band\" aria-hidden=\"true\"><rect x=\"1\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\
             <text x=\"14\" y=\"{}\">{}</text></g>",
            width.saturating_sub(2),
            height.saturating_sub(6),
            y + 20,
            escaped(title)
        );
    }
    for ((before, after), points) in &layers.lines {
        let _ = writeln!(
            out,
            "<path class=\"edge\" data-u=\"{before}\" data-v=\"{after}\" d=\"{}\"/>",
            way(points)
        );
    }
    for (place, group) in groups.all.iter().enumerate() {
        out.push_str(&node(listing, &layers, place, group));
    }
    out.push_str("</svg>\n</div>\n");
    out
}

/// The way of a line: straight down through its passes, curved between them, an arrow head at its end.
fn way(points: &[(usize, usize)]) -> String {
    let mut way = String::new();
    let mut last: Option<(usize, usize)> = None;
    for &(x, y) in points {
        let _ = match last {
            None => write!(way, "M{x} {y}"),
            Some((from, _)) if from == x => write!(way, "L{x} {y}"),
            Some((from, above)) => {
                let middle = usize::midpoint(above, y);
                write!(way, "C{from} {middle} {x} {middle} {x} {y}")
            }
        };
        last = Some((x, y));
    }
    if let Some((x, y)) = last {
        let _ = write!(way, "m-4 -7L{x} {y}l4 -7");
    }
    way
}

fn node(listing: &Listing<'_>, layers: &Layers, place: usize, group: &Group<'_>) -> String {
    let Some((x, y)) = layers.groups.get(&place).copied() else { return String::new() };
    let left = x.saturating_sub(WIDTH / 2);
    let sign = group.action().map_or("", words::sign);
    let title = format!("{sign} {}", group.title());
    let hosts = group.hosts();
    let first = group.steps.iter().find_map(|step| listing.row_of(&step.id)).unwrap_or_default();
    let lines = [("t", title.as_str(), 21), ("h", hosts.as_str(), 38), ("w", &group.when(), 54)];
    let lines = lines.map(|(class, text, down)| {
        let fits = if class == "t" { FITS.0 } else { FITS.1 };
        let text = escaped(&short(text, fits));
        format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{text}</text>", left + 12, y + down)
    });
    format!(
        "<a class=\"node {kind}\" data-g=\"{place}\" href=\"#s{first}\" aria-label=\"{label}\">\
         <title>{label}</title><rect x=\"{left}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"7\"/>\
         <rect class=\"mark\" x=\"{left}\" y=\"{mark}\" width=\"4\" height=\"{inner}\" rx=\"2\"/>{lines}</a>\n",
        lines = lines.concat(),
        kind = kind(group),
        label = escaped(&label(&listing.groups, place, group)),
        mark = y + 8,
        inner = HEIGHT - 16,
    )
}

/// How a group is coloured; its words say the same.
pub(super) fn kind(group: &Group<'_>) -> &'static str {
    let changes = |stage: Stage| {
        group.steps.iter().any(|step| {
            let quiet = step.action.is_gate() || step.action.only_copies();
            !quiet && step.stage == stage
        })
    };
    if changes(Stage::Critical) {
        "critical"
    } else if changes(Stage::Live) {
        "live"
    } else {
        "quiet"
    }
}

/// All about a group in words, for those who don't see the lines.
fn label(groups: &Groups<'_>, place: usize, group: &Group<'_>) -> String {
    let title =
        |place: &usize| groups.all.get(*place).map(|it| format!("{} ({})", it.title(), it.when()));
    let before = groups.order.iter().filter(|(_, after)| *after == place);
    let before: Vec<String> = before.filter_map(|(before, _)| title(before)).collect();
    let impact = group.steps.iter().map(|step| &*step.impact).find(|it| !it.is_empty());
    let mut label = format!("{} on {}; {}", group.title(), group.hosts(), group.when());
    if let Some(impact) = impact {
        let _ = write!(label, "; impact: {impact}");
    }
    if !before.is_empty() {
        let _ = write!(label, "; comes after {}", before.join(", "));
    }
    label
}

/// The beginning of a text, as much as fits in a box.
fn short(text: &str, fits: usize) -> String {
    if text.chars().count() <= fits {
        return text.to_owned();
    }
    text.chars().take(fits.saturating_sub(1)).chain(['…']).collect()
}

//! When what is changed: a lane a component and host (or many hosts alike), a bar where it changes, all
//! against the forecast.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use super::listing::Listing;
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::plan::{Clock, Plan, Step, elapsed};
use crate::view::html::escape::escaped;
use crate::view::words;

/// With more hosts than this, those with the same components share their lanes.
const MOST: usize = 40;
/// Bars that are nearer than this part of the whole are one.
const NEAR: f64 = 0.004;
/// A bar is at least this part of the whole wide, so that it can be seen and pointed at.
const LEAST: f64 = 0.006;

/// The share of the whole that a time is, from 0 to 1.
fn share(clock: &Clock, time: Duration) -> f64 {
    let whole = clock.whole.as_secs_f64();
    if whole > 0.0 { time.as_secs_f64() / whole } else { 0.0 }
}

/// What a bar stands for.
pub(super) struct Stands<'a> {
    pub(super) rows: BTreeSet<usize>,
    pub(super) hosts: BTreeSet<&'a str>,
}

/// Steps that are one bar.
struct Bar<'a> {
    start: Duration,
    end: Duration,
    steps: Vec<&'a Step>,
}

struct Lane<'a> {
    hosts: String,
    component: &'a ComponentName,
    bars: Vec<Bar<'a>>,
}

/// The timeline, and what each of its bars stands for, in the order of the bars.
pub(super) fn timeline<'a>(plan: &'a Plan, listing: &Listing<'_>) -> (String, Vec<Stands<'a>>) {
    let clock = Clock::of(plan);
    let zone = zone(plan, &clock);
    let mut bars = Vec::new();
    let mut out = String::from("<div class=\"timeline\">\n");
    out.push_str(&parts(listing, &clock));
    out.push_str("<ol class=\"lanes\">\n");
    for lane in lanes(plan, &clock) {
        let _ = write!(
            out,
            "<li class=\"lane\"><span class=\"who\"><span class=\"host\">{}</span> \
             <span class=\"component\">{}</span></span><svg class=\"track\" role=\"group\" aria-label=\"{}\">{zone}",
            escaped(&lane.hosts),
            escaped(lane.component.as_str()),
            escaped(&format!("{} on {}", lane.component, lane.hosts)),
        );
        for bar in &lane.bars {
            let rows = bar.steps.iter().filter_map(|step| listing.row_of(&step.id)).collect();
            out.push_str(&draw(bar, &clock, bars.len(), &rows));
            let hosts = bar.steps.iter().map(|step| step.host.as_str()).collect();
            bars.push(Stands { rows, hosts });
        }
        let (from, to) = (lane.bars.first(), lane.bars.last());
        let (from, to) =
            (from.map_or(clock.whole, |it| it.start), to.map_or(clock.whole, |it| it.end));
        let _ =
            writeln!(out, "</svg><span class=\"when\">{}</span></li>", words::between(from, to));
    }
    out.push_str("</ol>\n</div>\n");
    (out, bars)
}

fn changing(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.steps.iter().filter(|step| !step.action.only_copies() && !step.action.is_gate())
}

/// Steps by what they change.
type Components<'a> = BTreeMap<&'a ComponentName, Vec<&'a Step>>;

fn lanes<'a>(plan: &'a Plan, clock: &Clock) -> Vec<Lane<'a>> {
    let mut by_host: BTreeMap<&HostName, Components<'a>> = BTreeMap::new();
    for step in changing(plan) {
        by_host.entry(&step.host).or_default().entry(&step.component).or_default().push(step);
    }
    let many = by_host.len() > MOST;
    // Hosts in the order of their first change; alike when they have the same components.
    let mut alike: BTreeMap<(u32, usize), (Vec<&HostName>, Components<'a>)> = BTreeMap::new();
    let mut kinds: BTreeMap<Vec<&ComponentName>, (u32, usize)> = BTreeMap::new();
    let first = |steps: &Components<'a>| {
        steps.values().flatten().map(|step| step.wave).min().unwrap_or_default()
    };
    for (number, (host, steps)) in by_host.into_iter().enumerate() {
        let own = (first(&steps), number);
        let kind: Vec<&ComponentName> = steps.keys().copied().collect();
        let place = if many { *kinds.entry(kind).or_insert(own) } else { own };
        let (hosts, all) = alike.entry(place).or_default();
        hosts.push(host);
        for (component, steps) in steps {
            all.entry(component).or_default().extend(steps);
        }
    }
    let lanes = alike.into_values().flat_map(|(hosts, components)| {
        let names = words::hosts(hosts.iter().map(|host| host.as_str()));
        let mut lanes: Vec<Lane<'a>> = components
            .into_iter()
            .map(|(component, steps)| Lane {
                hosts: names.clone(),
                component,
                bars: bars(steps, clock),
            })
            .collect();
        lanes.sort_by_key(|lane| lane.bars.first().map(|bar| bar.start));
        lanes
    });
    lanes.collect()
}

fn bars<'a>(mut steps: Vec<&'a Step>, clock: &Clock) -> Vec<Bar<'a>> {
    steps.sort_by_key(|step| step.wave);
    let mut bars: Vec<Bar<'a>> = Vec::new();
    for step in steps {
        let start = clock.start(step.wave);
        let end = start.saturating_add(step.forecast.duration());
        match bars.last_mut() {
            Some(bar) if share(clock, start.saturating_sub(bar.end)) < NEAR => {
                bar.end = bar.end.max(end);
                bar.steps.push(step);
            }
            _ => bars.push(Bar { start, end, steps: vec![step] }),
        }
    }
    bars
}

fn draw(bar: &Bar<'_>, clock: &Clock, number: usize, rows: &BTreeSet<usize>) -> String {
    let critical = bar.steps.iter().any(|step| step.stage == Stage::Critical);
    let lasting = bar.steps.iter().any(|step| step.action.interrupts() && step.back().is_none());
    let waves = (bar.steps.first().map(|it| it.wave), bar.steps.last().map(|it| it.wave));
    let waves = match waves {
        (Some(one), Some(last)) if one != last => format!("waves {one} to {last}"),
        (Some(one), _) => format!("wave {one}"),
        _ => String::new(),
    };
    let hosts = words::hosts(bar.steps.iter().map(|step| step.host.as_str()));
    let what = bar.steps.first().map_or("", |step| words::action(step.action));
    let component = bar.steps.first().map_or("", |step| step.component.as_str());
    let label = format!(
        "{what} {component} on {hosts}: {waves}, begins after {}, about {}{}{}",
        words::about(bar.start),
        words::about(bar.end.saturating_sub(bar.start)),
        if critical { ", stage 2" } else { ", stage 1" },
        if lasting { ", no way back" } else { "" }
    );
    let label = escaped(&label);
    let width = share(clock, bar.end.saturating_sub(bar.start)).max(LEAST);
    let x = share(clock, bar.start).min(1.0 - width);
    let row = rows.first().copied().unwrap_or_default();
    format!(
        "<a class=\"bar {kind}{lasting}\" data-b=\"{number}\" href=\"#s{row}\" aria-label=\"{label}\"><title>{label}</title>\
         <rect x=\"{:.2}%\" y=\"4\" width=\"{:.2}%\" height=\"14\" rx=\"3\"/></a>",
        x * 100.0,
        width * 100.0,
        kind = if critical { "critical" } else { "live" },
        lasting = if lasting { " lasting" } else { "" },
    )
}

/// From the first change of stage 2 to its last: what lies behind all lanes.
fn zone(plan: &Plan, clock: &Clock) -> String {
    let critical = changing(plan).filter(|step| step.stage == Stage::Critical);
    let steps: Vec<&Step> = critical.collect();
    let start = steps.iter().map(|step| clock.start(step.wave)).min();
    let end =
        steps.iter().map(|it| clock.start(it.wave).saturating_add(it.forecast.duration())).max();
    let (Some(start), Some(end)) = (start, end) else { return String::new() };
    let (x, end) = (share(clock, start), share(clock, end));
    let width = (end - x).max(0.0);
    format!(
        "<rect class=\"zone\" x=\"{:.2}%\" y=\"0\" width=\"{:.2}%\" height=\"100%\"/>",
        x * 100.0,
        width * 100.0
    )
}

/// The parts of the plan, one after the other, above the lanes.
fn parts(listing: &Listing<'_>, clock: &Clock) -> String {
    let mut out = String::from(
        "<div class=\"lane head\" aria-hidden=\"true\"><span class=\"who\"></span><svg class=\"track\">",
    );
    for part in &listing.groups.parts {
        let Some(first) = part.steps.iter().map(|step| step.wave).min() else { continue };
        let (start, takes) = (clock.start(first), elapsed(&part.steps));
        let (x, width) = (share(clock, start), share(clock, takes));
        let title = escaped(part.title);
        let kind = match part.steps.iter().any(|step| step.action.interrupts()) {
            true if part.steps.iter().any(|step| step.stage == Stage::Critical) => "critical",
            true => "live",
            false => "quiet",
        };
        let _ = write!(
            out,
            "<g class=\"segment {kind}\"><title>{title}</title>\
             <rect x=\"{:.2}%\" y=\"1\" width=\"{:.2}%\" height=\"22\" rx=\"3\"/>",
            x * 100.0,
            width.max(0.002) * 100.0
        );
        // A name stands in a part that is wide enough for it.
        if width > 0.16 {
            let _ = write!(out, "<text x=\"{:.2}%\" y=\"16\">{title}</text>", (x + 0.008) * 100.0);
        }
        out.push_str("</g>");
    }
    let _ = writeln!(out, "</svg><span class=\"when\"></span></div>");
    out + &axis(clock)
}

/// Round times at which the axis has a mark, in seconds; one of them gives at most eight marks.
const MARKS: [u64; 14] =
    [10, 30, 60, 120, 300, 600, 1_200, 3_600, 7_200, 14_400, 28_800, 86_400, 604_800, 2_592_000];

fn axis(clock: &Clock) -> String {
    let mut out = String::from(
        "<div class=\"lane axis\" aria-hidden=\"true\"><span class=\"who\"></span><svg class=\"track\">",
    );
    let whole = clock.whole.as_secs();
    let every = MARKS.into_iter().find(|every| whole / every <= 8).unwrap_or(u64::MAX);
    for mark in 0..=whole / every {
        let time = Duration::from_secs(mark * every);
        let x = share(clock, time) * 100.0;
        let text = if mark == 0 { "0".to_owned() } else { words::about(time) };
        let anchor = if x > 92.0 { " text-anchor=\"end\"" } else { "" };
        let _ = write!(
            out,
            "<line x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"14\" y2=\"20\"/><text x=\"{x:.2}%\" y=\"11\"{anchor}>{text}</text>"
        );
    }
    let _ = writeln!(out, "</svg><span class=\"when\"></span></div>");
    out
}

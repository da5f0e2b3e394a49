//! The ways back, for the runbook: the last step first, whoever takes it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::item::{self, Hosts, Item};
use super::shell::Shell;
use super::text::{code, plain};
use crate::plan::{Plan, Step, WayBack};
use crate::view::words;

/// What stands in the place of a call where no script can do it.
const PEOPLE: &str = "by people";

/// The ways back of a plan.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct WaysBack {
    back: Vec<Back>,
    /// The parts that instances had before licences were moved; nothing when none is.
    parts: Vec<String>,
    lasting: Vec<Lasting>,
}

/// A step that can be taken back.
#[derive(Serialize)]
struct Back {
    host: String,
    run: String,
    does: String,
}

/// A step that can't.
#[derive(Serialize)]
struct Lasting {
    step: String,
    why: String,
}

pub(super) fn of(plan: &Plan, hosts: &Hosts<'_>) -> WaysBack {
    let items: BTreeMap<&str, &Item<'_>> =
        hosts.values().flatten().map(|item| (&*item.step.id, item)).collect();
    let mut ways = WaysBack { back: Vec::new(), parts: parts(plan), lasting: Vec::new() };
    // Who scans while another one goes back is seen to by the order: the reverse of that on the way there.
    for step in item::in_order(plan).into_iter().rev() {
        match &step.way_back {
            Some(WayBack::None(why)) => {
                ways.lasting.push(Lasting { step: code(&step.id), why: plain(why) });
            }
            Some(way) => ways.back.push(back(plan, step, (way, items.get(&*step.id).copied()))),
            None => {}
        }
    }
    ways
}

fn back(plan: &Plan, step: &Step, (way, item): (&WayBack, Option<&Item<'_>>)) -> Back {
    let host = &step.host;
    let (run, what) = match item.filter(|item| !item.back.is_empty()) {
        Some(Item { number, title, .. }) => {
            let call = Shell::of(plan, host).call_as_root(host);
            (code(&format!("{call} back {number}")), title.clone())
        }
        None => (PEOPLE.to_owned(), format!("{} {}", words::action(step.action), step.component)),
    };
    let to = match way {
        WayBack::ByHand(how) => how.to_string(),
        _ => words::way_back(way),
    };
    Back { host: host.to_string(), run, does: plain(&format!("{what}: {to}")) }
}

/// What instances were, where the plan moves licences.
fn parts(plan: &Plan) -> Vec<String> {
    if !plan.steps.iter().any(|step| step.action.is_of_licence()) {
        return Vec::new();
    }
    let cores = plan.basis.cores.iter();
    cores.map(|(host, core)| plain(&format!("{host} was {}", core.role.as_str()))).collect()
}

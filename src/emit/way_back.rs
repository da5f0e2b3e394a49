//! The ways back, for the runbook: the last step first.

use serde::Serialize;

use super::host::script;
use super::item::{Hosts, Item};
use super::text::{code, plain};
use crate::plan::WayBack;
use crate::view::words;

/// A step that can be taken back.
#[derive(Serialize)]
pub(super) struct Back {
    host: String,
    run: String,
    does: String,
}

/// A step that can't.
#[derive(Serialize)]
pub(super) struct Lasting {
    step: String,
    why: String,
}

pub(super) fn of(hosts: &Hosts<'_>) -> (Vec<Back>, Vec<Lasting>) {
    let mut all: Vec<&Item<'_>> = hosts.values().flatten().collect();
    all.sort_by_key(|item| std::cmp::Reverse((item.step.wave, item.number)));
    let (mut back, mut lasting) = (Vec::new(), Vec::new());
    for item in all {
        let step = item.step;
        match &step.way_back {
            Some(WayBack::None(why)) => {
                lasting.push(Lasting { step: code(&step.id), why: plain(why) });
            }
            Some(way) => back.push(Back {
                host: step.host.to_string(),
                run: code(&format!("sudo bash {} back {}", script(&step.host), item.number)),
                does: plain(&format!("{}: {}", item.title, words::way_back(way))),
            }),
            None => {}
        }
    }
    (back, lasting)
}

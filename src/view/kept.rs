//! What is kept for the way back, and by which command it goes.

use std::cmp::Ordering;

use super::document::{Block, Label, Text};
use crate::address::Address;
use crate::desired::{Desired, Resource};
use crate::observe::{Observed, PackageState};
use crate::report::status::facts;

/// Which old major versions are kept, beside the version that serves.
pub(super) fn blocks(desired: &Desired, observed: &Observed) -> Vec<Block> {
    let mut items = Vec::new();
    for (address, resource) in &desired.resources {
        let Some(facts) = facts(observed, address) else { continue };
        let PackageState::Installed(version) = &facts.package else { continue };
        let serves = version.upstream().major();
        let all = facts.kept.iter();
        items.extend(all.filter_map(|kept| item((address, resource), (kept, serves))));
    }
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::heading(Text::of(Label::Warning, "Kept for the way back")), Block::List(items)]
}

fn item((address, resource): (&Address, &Resource), (kept, serves): (&str, &str)) -> Option<Text> {
    let can = resource.procedure.major.as_ref().is_some_and(|major| major.finalise.is_some());
    let what = Text::of(Label::Component, address.component.as_str())
        .plain(format!(" {kept} on "))
        .and(Label::Host, address.host.as_str());
    let number = |text: &str| text.parse::<u64>().ok();
    Some(match number(kept)?.cmp(&number(serves)?) {
        Ordering::Less if can => what
            .plain(": once nobody goes back, ")
            .and(Label::Code, "mdc finalise")
            .plain(" drops it; afterwards there is no return"),
        Ordering::Less => what.plain(": once nobody goes back, drop it by hand"),
        Ordering::Greater => what.plain(
            ": left by a way back; the next upgrade doesn't overwrite it: drop it by hand when nothing in it \
             is wanted",
        ),
        Ordering::Equal => return None,
    })
}

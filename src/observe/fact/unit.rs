//! Services: one question to systemd, for all components of the host.

use std::collections::BTreeSet;

use super::all_quoted;
use crate::observe::answer::{Answer, printable};
use crate::observe::{UnitState, Unreadable};
use crate::transport::Questions;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let names = names(questions);
    if names.is_empty() {
        return String::new();
    }
    format!(
        "\nlines unit \"$(systemctl show -p LoadState -p ActiveState -- {} 2>&1)\"\n",
        all_quoted(names)
    )
}

/// The services in the order in which they are asked.
fn names(questions: &Questions) -> BTreeSet<&str> {
    questions.resources.values().map(|r| r.unit.as_str()).collect()
}

/// The states of all services, in the order of their names.
///
/// `systemctl show` prints a block a service, in the order asked, and each block has both properties
/// (systemctl(1)); a service's own name is not used, because an alias is told by its real name.
pub(in crate::observe) fn parse<'q>(
    answer: &Answer<'_>,
    questions: &'q Questions,
) -> Result<Vec<(&'q str, UnitState)>, Unreadable> {
    let lines = answer.all("unit");
    let values = |key: &str| -> Vec<&str> {
        lines.iter().filter_map(|line| line.strip_prefix(key)).collect()
    };
    let (loads, actives) = (values("LoadState="), values("ActiveState="));
    let names = names(questions);
    if loads.len() != names.len() || actives.len() != names.len() {
        let said = lines.first().map_or_else(|| "nothing".to_owned(), |line| printable(line));
        return Err(Unreadable::new(
            format!("its services can't be read; `systemctl` says: {said}"),
            "check that systemd runs on the host: `systemctl is-system-running`",
        ));
    }
    let states = loads.iter().zip(actives).map(|(load, active)| state(load, active));
    Ok(names.into_iter().zip(states).collect())
}

fn state(load: &str, active: &str) -> UnitState {
    match (load, active) {
        (_, "active" | "reloading" | "refreshing") => UnitState::Active,
        ("not-found", _) => UnitState::Absent,
        ("loaded", _) => UnitState::Stopped(printable(active)),
        // `masked`, `bad-setting`, `error`: tells more than "inactive".
        _ => UnitState::Stopped(printable(load)),
    }
}

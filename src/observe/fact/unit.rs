//! Services: one question to systemd, for all components of the host.

use std::collections::BTreeSet;

use super::all_quoted;
use crate::catalog::Format;
use crate::observe::answer::{Answer, printable};
use crate::observe::{UnitState, Unreadable};
use crate::transport::Questions;

/// `is-active` costs half of `show`, which sends every property of every service. So `show` is asked
/// only where something doesn't run, and then tells a stopped service from a missing one.
pub(in crate::observe) fn script(questions: &Questions) -> String {
    let names = names(questions);
    if names.is_empty() {
        return String::new();
    }
    let all_active = vec![ACTIVE; names.len()].join("${nl}");
    format!(
        "\nset -- {}; units=$(systemctl is-active -- \"$@\" 2>&1); [ \"$units\" = \"{all_active}\" ] ||\n\
         units=$(systemctl show -p LoadState -p ActiveState -- \"$@\" 2>&1)\nlines unit \"$units\"\n",
        all_quoted(names)
    )
}

const ACTIVE: &str = "active";

/// The services in the order in which they are asked.
fn names(questions: &Questions) -> BTreeSet<&str> {
    questions.resources.values().map(|r| r.unit.as_str()).collect()
}

/// The states of all services, in the order of their names.
///
/// `systemctl is-active` prints a word a service, and `systemctl show` a block a service, in the order asked, and each block has both properties
/// (systemctl(1)); a service's own name is not used, because an alias is told by its real name.
pub(in crate::observe) fn parse<'q>(
    answer: &Answer<'_>,
    questions: &'q Questions,
) -> Result<Vec<(&'q str, UnitState)>, Unreadable> {
    let lines = answer.all("unit");
    let names = names(questions);
    if lines.len() == names.len() && lines.iter().all(|line| *line == ACTIVE) {
        return Ok(names.into_iter().map(|name| (name, UnitState::Active)).collect());
    }
    let values = |key: &str| -> Vec<&str> {
        lines.iter().filter_map(|line| line.strip_prefix(key)).collect()
    };
    let (loads, actives) = (values("LoadState="), values("ActiveState="));
    if loads.len() != names.len() || actives.len() != names.len() {
        let is_message = |line: &&&str| !line.contains("State=");
        let said = lines.iter().find(is_message).copied().unwrap_or("nothing");
        let (who, hint) = match questions.format {
            Format::Msi => ("PowerShell", "look on the host what `Get-Service` says"),
            _ => (
                "`systemctl`",
                "check that systemd runs on the host: `systemctl is-system-running`",
            ),
        };
        let said = format!("its services can't be read; {who} says: {}", printable(said));
        return Err(Unreadable::new(said, hint));
    }
    let states = loads.iter().zip(actives).map(|(load, active)| state(load, active));
    Ok(names.into_iter().zip(states).collect())
}

fn state(load: &str, active: &str) -> UnitState {
    match (load, active) {
        (_, ACTIVE | "reloading" | "refreshing") => UnitState::Active,
        ("not-found", _) => UnitState::Absent,
        ("loaded", _) => UnitState::Stopped(printable(active)),
        // `masked`, `bad-setting`, `error`: tells more than "inactive".
        _ => UnitState::Stopped(printable(load)),
    }
}

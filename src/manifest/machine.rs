//! Each machine once: no two hosts at one address.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Connection, Host};
use crate::address::{ConnectionName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};

/// Two hosts that are one machine.
type Pair<'h> = [(&'h HostName, &'h Host); 2];

/// Hosts that are one machine: one address over one connection. One problem for each pair of places.
pub(super) fn same_machine(
    source: &Arc<SourceText>,
    hosts: &BTreeMap<HostName, Host>,
    connections: &BTreeMap<ConnectionName, Connection>,
) -> Diagnostics {
    let mut known: BTreeMap<(&ConnectionName, String), (&HostName, &Host)> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize), Vec<Pair<'_>>> = BTreeMap::new();
    for (name, host) in hosts {
        let local = matches!(connections.get(&host.connection), Some(Connection::Local(_)));
        // DNS names are the same in upper and lower case (RFC 4343).
        let address = if local { String::new() } else { host.address.to_ascii_lowercase() };
        if let Some(first) = known.insert((&host.connection, address), (name, host)) {
            let places = (first.1.address_span.start, host.address_span.start);
            pairs.entry(places).or_default().push([first, (name, host)]);
        }
    }
    pairs.values().filter_map(|pairs| same_machine_problem(source, pairs, connections)).collect()
}

fn same_machine_problem(
    source: &Arc<SourceText>,
    pairs: &[Pair<'_>],
    connections: &BTreeMap<ConnectionName, Connection>,
) -> Option<Diagnostic> {
    let ([(one, first), (other, second)], more) = pairs.split_first()?;
    let connection = &first.connection;
    let (place, help) = if matches!(connections.get(connection), Some(Connection::Local(_))) {
        (
            "this machine".to_owned(),
            "a `local` connection reaches one host: reach the others by `ssh`",
        )
    } else {
        let help = "correct the address, or make one host of the two with all their components";
        (format!("at `{}`", first.address), help)
    };
    let more = match more.len() {
        0 => String::new(),
        1 => ", and one more host likewise".to_owned(),
        n => format!(", and {n} more hosts likewise"),
    };
    let message =
        format!("`{one}` and `{other}` are both {place}, by the connection `{connection}`{more}");
    let problem = Diagnostic::new(Code::DuplicateAddress, message)
        .at(Label::new(source, second.address_span.clone(), format!("`{other}` is {place}")))
        .help(help);
    Some(if first.address_span == second.address_span {
        problem
    } else {
        problem.at(Label::new(source, first.address_span.clone(), format!("`{one}` is {place}")))
    })
}

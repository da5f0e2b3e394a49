//! From the manifest as written to what it means.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::text::{ClusterText, ConnectionText, ManifestText, SimulatedText};
use super::{
    Cluster, Connection, Host, Manifest, SimulatedConnection, center, gates, host, machine, notice,
    preflight, scan, standby, state, winrm,
};
use crate::address::{ConnectionName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span, closest, did_you_mean};

/// What `text` means, with all that is wrong with it.
pub(super) fn convert(
    source: &Arc<SourceText>,
    folder: Utf8PathBuf,
    text: ManifestText,
) -> (Manifest, Diagnostics) {
    let mut found = Diagnostics::default();
    let names: BTreeMap<ConnectionName, Span> =
        text.connections.keys().map(|name| (name.value.clone(), name.span.clone())).collect();
    let hosts = host::convert(source, &text.hosts, &text.defaults, &mut found);
    found.extend(unknown_connections(source, &names, &hosts));
    let mut connections = BTreeMap::new();
    for (name, connection) in text.connections {
        if let ConnectionText::Simulated(simulated) = &connection {
            found.extend(installed_problems(source, simulated, &name.value, &hosts));
        }
        let connection = convert_connection(source, &name.span, connection, &mut found);
        connections.insert(name.value, connection);
    }
    found.extend(machine::same_machine(source, &hosts, &connections));
    // After an error, a connection may be unused only because its hosts could not be read.
    if !found.has_errors() {
        found.extend(unused_connections(source, &names, &hosts));
    }
    let gates = gates::convert(source, text.gates, &gates::Placed(&hosts), &mut found);
    let waivers = preflight::waivers(source, text.waivers, &hosts, &mut found);
    let preflight = text.preflight;
    let load = scan::convert_load(source, text.load, text.scan.is_some(), &mut found);
    let scan = scan::convert(source, text.scan, &gates::Placed(&hosts), &mut found);
    let notices = notice::convert(source, text.notices, &mut found);
    let control_center = center::convert(source, text.control_center, &mut found);
    let standby = standby::convert(source, text.standby, &hosts, &mut found);
    let components = text
        .components
        .into_iter()
        .map(|(name, keys)| (name.value, At { span: name.span, value: keys }))
        .collect();
    let cluster = convert_cluster(text.cluster);
    let source = Arc::clone(source);
    let manifest = Manifest {
        source,
        folder,
        cluster,
        connections,
        hosts,
        gates,
        preflight,
        after: text.after,
        copying: text.copying,
        forecast: text.forecast,
        waivers,
        approvals: text.approvals,
        snapshots: text.snapshots,
        plans: text.plans,
        rehearsal: text.rehearsal,
        scan,
        load,
        notices,
        control_center,
        standby,
        components,
    };
    (manifest, found)
}

fn convert_cluster(text: ClusterText) -> Cluster {
    let own_name = format!("{}/{}", text.name, text.environment);
    Cluster {
        name: text.name,
        environment: text.environment,
        release: text.release.value.into(),
        release_span: text.release.span,
        previous_release: text
            .previous_release
            .map(|path| At { span: path.span, value: path.value.into() }),
        allow_downgrade: text.allow_downgrade,
        state: state::convert(text.state, own_name),
    }
}

fn convert_connection(
    source: &Arc<SourceText>,
    place: &Span,
    text: ConnectionText,
    found: &mut Diagnostics,
) -> Connection {
    match text {
        ConnectionText::Winrm(text) => {
            Connection::Winrm(Box::new(winrm::convert(source, place, *text, found)))
        }
        ConnectionText::Ssh(ssh) => Connection::Ssh(ssh),
        ConnectionText::Local(local) => Connection::Local(local),
        ConnectionText::Simulated(simulated) => convert_simulated(simulated),
    }
}

fn convert_simulated(text: SimulatedText) -> Connection {
    Connection::Simulated(SimulatedConnection {
        folder: text.folder.into(),
        speed: text.speed.unwrap_or(1),
        installed: text.installed.into_iter().map(|(k, v)| (k.value, v)).collect(),
        licences: text.licences,
    })
}

/// Where each connection is wanted first.
fn wanted(hosts: &BTreeMap<HostName, Host>) -> BTreeMap<&ConnectionName, &Span> {
    let mut wanted = BTreeMap::new();
    for host in hosts.values() {
        wanted.entry(&host.connection).or_insert(&host.connection_span);
    }
    wanted
}

/// Connections that hosts want and that aren't there, each once.
fn unknown_connections(
    source: &Arc<SourceText>,
    names: &BTreeMap<ConnectionName, Span>,
    hosts: &BTreeMap<HostName, Host>,
) -> Diagnostics {
    let unknown = wanted(hosts).into_iter().filter(|(name, _)| !names.contains_key(*name));
    unknown
        .map(|(name, span)| {
            let known: Vec<&str> = names.keys().map(ConnectionName::as_str).collect();
            Diagnostic::new(Code::UnknownConnection, format!("there is no connection `{name}`"))
                .at(Label::new(source, span.clone(), "not declared"))
                .help(did_you_mean(name.as_str(), known, "the connections are"))
        })
        .collect()
}

fn unused_connections(
    source: &Arc<SourceText>,
    names: &BTreeMap<ConnectionName, Span>,
    hosts: &BTreeMap<HostName, Host>,
) -> Diagnostics {
    let wanted = wanted(hosts);
    let unused = names.iter().filter(|(name, _)| !wanted.contains_key(name));
    unused
        .map(|(name, span)| {
            Diagnostic::new(Code::UnusedConnection, format!("no host uses the connection `{name}`"))
                .at(Label::new(source, span.clone(), "not used"))
                .help("name it in a host's `connection` or in `[defaults]`, or remove it")
        })
        .collect()
}

/// Whether the component may be there at first.
fn may_have(host: &Host, component: &str) -> bool {
    host.components.contains_key(component) || host.removed.contains_key(component)
}

/// Installed versions that name nothing on the simulated fleet.
fn installed_problems(
    source: &Arc<SourceText>,
    simulated: &SimulatedText,
    name: &ConnectionName,
    hosts: &BTreeMap<HostName, Host>,
) -> Diagnostics {
    let here: Vec<(&HostName, &Host)> =
        hosts.iter().filter(|(_, host)| host.connection == *name).collect();
    let placed = |key: &str| match key.split_once('/') {
        Some((host, component)) => hosts
            .get(host)
            .is_some_and(|host| host.connection == *name && may_have(host, component)),
        None => here.iter().any(|(_, host)| may_have(host, key)),
    };
    let wrong = simulated.installed.keys().filter(|key| !placed(key));
    wrong
        .map(|key| {
            let message = format!("nothing on the simulated fleet `{name}` is `{}`", key.value);
            let known: Vec<String> = match key.split_once('/') {
                Some((_, component)) => {
                    here.iter().map(|(host, _)| format!("{host}/{component}")).collect()
                }
                None => here
                    .iter()
                    .flat_map(|(_, h)| h.components.keys())
                    .map(ToString::to_string)
                    .collect(),
            };
            let meant = closest(key, known.iter().map(String::as_str))
                .map(|meant| format!("did you mean `{meant}`? "))
                .unwrap_or_default();
            Diagnostic::new(Code::UnknownInstalled, message)
                .at(Label::new(source, key.span.clone(), "would have no effect"))
                .help(format!(
                    "{meant}write `component` or `host/component`, as placed in `[hosts]`"
                ))
        })
        .collect()
}

//! What must hold for the placement of components on hosts. Hosts out of one range share their
//! places in the text, so that each problem is reported once a place, not once a host.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{ComponentName, HostName};
use crate::catalog::{Component, Need};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest, Span};
use crate::source::some_of;

type Components = BTreeMap<ComponentName, Arc<Component>>;

/// Hosts by the place in the text that they share.
type ByPlace<'m, K> = BTreeMap<K, Vec<(&'m HostName, &'m Host)>>;

/// Singletons placed twice, needs that nothing meets, ports that clash.
pub(super) fn check(manifest: &Manifest, components: &Components) -> Diagnostics {
    let placed = by_component(manifest);
    let mut found = Vec::new();
    for (name, hosts) in &placed {
        let Some(component) = components.get(*name) else { continue };
        if component.singleton && hosts.len() > 1 {
            found.push(singleton(manifest, name, hosts));
        }
        for need in &component.needs {
            let optional = components.get(&need.component).is_some_and(|needed| needed.optional);
            if optional {
                continue;
            }
            if !placed.contains_key(&need.component) {
                found.extend(placed_nowhere(manifest, name, need, hosts));
            } else if need.same_host {
                found.extend(not_on_host(manifest, name, need, hosts));
            }
        }
    }
    found.extend(port_clashes(manifest, components));
    Diagnostics::from_iter(found)
}

fn by_component(manifest: &Manifest) -> ByPlace<'_, &ComponentName> {
    let mut placed: ByPlace<'_, &ComponentName> = BTreeMap::new();
    for (name, host) in &manifest.hosts {
        for component in host.components.keys() {
            placed.entry(component).or_default().push((name, host));
        }
    }
    placed
}

fn span_of(host: &Host, component: &ComponentName) -> Span {
    host.components.get(component).cloned().unwrap_or_default()
}

fn names<'m>(hosts: &[(&'m HostName, &Host)]) -> Vec<&'m HostName> {
    hosts.iter().map(|(name, _)| *name).collect()
}

fn singleton(
    manifest: &Manifest,
    name: &ComponentName,
    hosts: &[(&HostName, &Host)],
) -> Diagnostic {
    let message =
        format!("a cluster has one `{name}`, but {} have it", some_of(&names(hosts), "hosts"));
    let mut places: Vec<Span> = hosts.iter().map(|(_, host)| span_of(host, name)).collect();
    places.sort_unstable_by_key(|span| span.start);
    places.dedup();
    let help = format!(
        "keep it on one host; if your version supports several, write `singleton = false` under \
         `[components.{name}]`"
    );
    let problem = Diagnostic::new(Code::SingletonTwice, message).help(help);
    let (several, labels) = (places.len() > 1, places.into_iter().take(5));
    labels.fold(problem, |problem, span| {
        let text = if several { "placed here" } else { "placed here, on several hosts" };
        problem.at(Label::new(&manifest.source, span, text))
    })
}

fn placed_nowhere(
    manifest: &Manifest,
    name: &ComponentName,
    need: &Need,
    hosts: &[(&HostName, &Host)],
) -> Option<Diagnostic> {
    let (_, host) = hosts.iter().min_by_key(|(_, host)| span_of(host, name).start)?;
    let needed = &need.component;
    Some(
        Diagnostic::new(Code::NeedMissing, format!("`{name}` needs `{needed}`, which no host has"))
            .at(Label::new(&manifest.source, span_of(host, name), format!("needs `{needed}`")))
            .help(format!(
                "add `{needed}` to a host's `components`; if it exists outside this manifest, write \
                 `optional = true` under `[components.{needed}]`"
            )),
    )
}

fn not_on_host(
    manifest: &Manifest,
    name: &ComponentName,
    need: &Need,
    hosts: &[(&HostName, &Host)],
) -> Vec<Diagnostic> {
    let needed = &need.component;
    let mut lacking: ByPlace<'_, usize> = BTreeMap::new();
    for (host_name, host) in hosts.iter().filter(|(_, h)| !h.components.contains_key(needed)) {
        lacking.entry(span_of(host, name).start).or_default().push((host_name, host));
    }
    let problem = |hosts: Vec<(&HostName, &Host)>| {
        let span = span_of(hosts.first()?.1, name);
        let on = some_of(&names(&hosts), "hosts");
        let message = format!("`{name}` needs `{needed}` on the same host; {on} lack it");
        let message =
            if hosts.len() == 1 { message.replace(" lack it", " lacks it") } else { message };
        let help = format!("add `{needed}` to the list, or move `{name}` to a host that has it");
        let label = Label::new(&manifest.source, span, format!("needs `{needed}` beside it"));
        Some(Diagnostic::new(Code::NeedNotOnHost, message).at(label).help(help))
    };
    lacking.into_values().filter_map(problem).collect()
}

/// Two components that listen on one port, and the hosts where they do.
struct Clash<'m> {
    components: [&'m ComponentName; 2],
    hosts: Vec<(&'m HostName, &'m Host)>,
}

fn port_clashes(manifest: &Manifest, components: &Components) -> Vec<Diagnostic> {
    // By the places of both components and the port.
    let mut clashes: BTreeMap<(usize, usize, u16), Clash<'_>> = BTreeMap::new();
    for (host_name, host) in &manifest.hosts {
        let mut taken: BTreeMap<u16, &ComponentName> = BTreeMap::new();
        for name in host.components.keys() {
            for port in components.get(name).into_iter().flat_map(|c| c.ports.values()) {
                let Some(other) = taken.insert(*port, name).filter(|other| *other != name) else {
                    continue;
                };
                let place = (span_of(host, other).start, span_of(host, name).start, *port);
                let clash = || Clash { components: [other, name], hosts: Vec::new() };
                clashes.entry(place).or_insert_with(clash).hosts.push((host_name, host));
            }
        }
    }
    let problem = |((_, _, port), clash)| port_clash(manifest, port, &clash);
    clashes.into_iter().filter_map(problem).collect()
}

fn port_clash(manifest: &Manifest, port: u16, clash: &Clash<'_>) -> Option<Diagnostic> {
    let (_, host) = clash.hosts.first()?;
    let [one, other] = clash.components;
    let on = some_of(&names(&clash.hosts), "hosts");
    let message = format!("`{one}` and `{other}` both listen on port {port} on {on}");
    let label = |name| Label::new(&manifest.source, span_of(host, name), format!("port {port}"));
    let help = format!(
        "move one of them, or write the port that it is configured for under `[components.{one}]` \
         or `[components.{other}]`: `ports = {{ main = … }}`"
    );
    Some(Diagnostic::new(Code::PortClash, message).at(label(one)).at(label(other)).help(help))
}

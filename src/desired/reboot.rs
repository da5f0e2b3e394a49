//! Reboots that would stop what may stop in a maintenance window only.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::ComponentName;
use crate::catalog::{Component, Stage};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest};

/// Reports components of stage 1 whose reboot would take a component of stage 2 away; each pair once.
pub(super) fn check(
    manifest: &Manifest,
    components: &BTreeMap<ComponentName, Arc<Component>>,
) -> Diagnostics {
    if components.values().all(|component| component.reboot.is_none()) {
        return Diagnostics::default();
    }
    let mut pairs: BTreeMap<(&ComponentName, &ComponentName), &Host> = BTreeMap::new();
    for host in manifest.hosts.values() {
        let all = || host.components.keys().filter_map(|name| components.get(name));
        let critical = all().find(|it| it.stage == Stage::Critical);
        let live = all().filter(|it| it.stage == Stage::Live && it.reboot.is_some());
        for (one, other) in live.zip(critical.into_iter().cycle()) {
            pairs.entry((&one.name, &other.name)).or_insert(host);
        }
    }
    let problem = |((one, other), host): ((&ComponentName, &ComponentName), &Host)| {
        let message = format!(
            "a reboot after `{one}` would stop `{other}` on the same host, in stage 1 and outside any window"
        );
        let placed = host.components.get(one).cloned().unwrap_or_default();
        let beside = host.components.get(other).cloned().unwrap_or_default();
        Diagnostic::new(Code::RebootOutsideWindow, message)
            .at(Label::new(&manifest.source, placed, "reboots its host"))
            .at(Label::new(&manifest.source, beside, "changes in stage 2 only"))
            .help(format!(
                "take `reboot` out of `[components.{one}]` and write it under `[components.{other}]`, with \
                 `when = \"when-asked\"`: the host is then rebooted in stage 2, whoever has asked for it"
            ))
    };
    Diagnostics::from_iter(pairs.into_iter().map(problem).collect::<Vec<_>>())
}

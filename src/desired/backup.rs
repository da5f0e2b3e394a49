//! How backups are taken: what the manifest says, and for the rest what the catalog does.

use std::sync::Arc;

use super::placed::Placed;
use crate::address::ComponentName;
use crate::catalog::{BackupBy, Component, health};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{BackupGate, Gates, Manifest, Take};

/// The manifest's gates, in which every backup that is to be taken has a command that takes it, and the
/// catalog reads those that it can, where the manifest doesn't say how.
pub(super) fn gates(manifest: &Manifest, placed: &Placed<'_>, found: &mut Diagnostics) -> Gates {
    let mut gates = manifest.gates.clone();
    for (name, gate) in &mut gates.backup {
        // What a command tells of is no file here that the catalog could read.
        if gate.told_by.is_some() {
            continue;
        }
        let by = by_catalog(manifest, (name, gate), placed);
        let Some(take) = gate.take.clone() else {
            // A template that can't be filled in is found where the catalog is read.
            gate.probe = gate.probe.take().or_else(|| probe(by?).ok());
            continue;
        };
        // A backup that the manifest has a command for is read by the manifest's, too.
        if !take.by.is_empty() {
            continue;
        }
        let filled = match by {
            Some(by) => fill(gate, by),
            None => Err("the catalog doesn't say how, for a host that has it".to_owned()),
        };
        if let Err(why) = filled {
            found.push(nobody_says(manifest, name, &take, &why));
        }
    }
    gates
}

/// How the catalog takes the backup of `name`: on a host that has it.
fn by_catalog<'c>(
    manifest: &Manifest,
    (name, gate): (&ComponentName, &BackupGate),
    placed: &Placed<'c>,
) -> Option<(&'c BackupBy, &'c Component)> {
    let (component, _) = placed.get(name)?;
    let has_it = manifest.hosts.get(&gate.host)?.components.contains_key(name);
    let component: &'c Arc<Component> = component;
    // The catalog's are for a POSIX shell.
    let fits = has_it && !gate.is_on_windows();
    component.backup_by.as_ref().filter(|_| fits).map(|by| (by, &**component))
}

fn fill(gate: &mut BackupGate, (by, component): (&BackupBy, &Component)) -> Result<(), String> {
    let probe = probe((by, component))?;
    if let Some(take) = &mut gate.take {
        take.by = health::fill(&by.take, &component.ports)?;
    }
    gate.probe.get_or_insert(probe);
    Ok(())
}

fn probe((by, component): (&BackupBy, &Component)) -> Result<String, String> {
    health::fill(&by.probe, &component.ports)
}

fn nobody_says(manifest: &Manifest, name: &ComponentName, take: &Take, why: &str) -> Diagnostic {
    let message = format!("nobody says how a backup of `{name}` is taken: {why}");
    Diagnostic::new(Code::GateTake, message)
        .at(Label::new(&manifest.source, take.span.clone(), "mdc is to take it"))
        .help(
            "write the command line as `take-by`, with the new file in `$1` (in `$args[0]` on Windows); or leave `take` out when \
             somebody else takes it",
        )
}

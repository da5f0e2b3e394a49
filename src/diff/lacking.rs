//! What a change should not be made without: backups that are seen, people who are asked, files on enough hosts.

use std::collections::BTreeSet;

use super::{Action, Comparison, Refusal};
use crate::address::ComponentName;
use crate::catalog::{Backup, Replicas, Stage};
use crate::desired::Desired;
use crate::diagnostic::{Code, Remark};
use crate::manifest::Submissions;

impl Comparison {
    /// What stops because files are not on enough hosts.
    pub(super) fn replicas(&mut self, desired: &Desired) {
        for component in desired.components.values() {
            let moved = self.changes.iter().any(|(address, change)| {
                address.component == component.name && change.action.interrupts()
            });
            let stops = component.replicas.filter(|_| moved).and_then(Replicas::stops);
            self.warnings.extend(
                stops.map(|stops| Code::FewCopies.said(format!("{}: {stops}", component.name))),
            );
        }
    }

    /// Nothing of stage 2, and no other version of anything, is planned without evidence of the backups that
    /// the vendor's procedure asks for before anything; else what lacks is said.
    pub(super) fn backups(&mut self, desired: &Desired) {
        let critical = |name: &&ComponentName| {
            desired.components.get(*name).is_some_and(|it| it.stage == Stage::Critical)
        };
        let moved = self.changes.iter().filter(|(_, change)| change.action.interrupts());
        let moved: BTreeSet<&ComponentName> =
            moved.map(|(address, _)| &address.component).collect();
        if moved.is_empty() {
            return;
        }
        let is_critical = moved.iter().any(critical);
        let changes = self.changes.values();
        let mut actions = changes.map(|change| change.action);
        let upgrades = actions.any(|it| matches!(it, Action::Upgrade | Action::Downgrade));
        if is_critical {
            self.people(desired);
            self.warnings.extend(no_window(desired));
        }
        let lacking = desired.components.iter().filter(|(name, component)| {
            component.backup != Backup::None && !desired.gates.backup.contains_key(*name)
        });
        for (name, component) in lacking {
            if component.backup == Backup::Required && (is_critical || upgrades) {
                self.refusals.push(Refusal::NoBackup { component: name.clone() });
            } else {
                let before = if is_critical { "stage 2" } else { "the first change" };
                self.warnings.push(Code::BackupUnseen.said(format!(
                    "nobody shows a backup of {name} before {before}: describe it under \
                     [gates.backup.{name}]"
                )));
            }
        }
    }

    /// What stage 2 takes people's word for.
    fn people(&mut self, desired: &Desired) {
        if let Submissions::Unasked(reason) = &desired.gates.submissions {
            self.warnings.push(Code::WordTaken.said(format!(
                "nobody is asked before stage 2 whether submissions are stopped and all scans finished: \
                 {reason}"
            )));
        }
        let unseen = desired.gates.confirm.iter().filter(|(_, gate)| gate.verify.is_none());
        self.warnings.extend(unseen.map(|(name, gate)| {
            Code::WordTaken.said(format!(
                "nobody sees whether people did this before stage 2, their word is taken: {}; write \
                 `verify` under [gates.confirm.{name}]",
                gate.text
            ))
        }));
    }
}

/// That stage 2 is begun whenever stage 1 has ended.
fn no_window(desired: &Desired) -> Option<Remark> {
    desired.gates.window.is_none().then(|| {
        Code::NoWindow.said(
            "stage 2 has no window: it begins as soon as all before it has ended, at any hour; write `zone` and \
             `open` under [gates.window]",
        )
    })
}

//! Settings that instances get of the one that scans.

use super::{Core, LicenceChange, Licences};
use crate::address::HostName;
use crate::diagnostic::Code;
use crate::diff::{Action, Reason};
use crate::standby::Role;

impl Licences {
    /// Puts the settings that differ among the moves of a site, so that who takes over has them. `first`: the site's
    /// first change and first takeover.
    pub(super) fn settings(
        &mut self,
        cores: &[Core<'_>],
        first: (usize, usize),
        is_changed: &dyn Fn(&HostName) -> bool,
    ) {
        let scans = cores.iter().find(|it| it.facts.role == Role::Production);
        let target = cores.iter().find(|it| it.desired.role == Role::Production);
        let Some(source) = scans.or(target) else { return };
        let mut moves = self.changes.split_off(first.0.min(self.changes.len()));
        let (mut before_all, mut ahead) = (Vec::new(), Vec::new());
        for core in cores.iter().filter(|it| it.host != source.host) {
            let Some(import) = import(core, source) else { continue };
            let registered =
                moves.iter().position(|it| it.action == Action::Register && it.host == *core.host);
            match registered {
                // Settings come by the version that has written them.
                _ if core.facts.role == Role::Backup && core.facts.is_like(source.facts) => {
                    before_all.push(LicenceChange { first: true, ..import });
                }
                _ if core.facts.role == Role::Backup => ahead.push(import),
                Some(at)
                    if joins((core, source), target)
                        && [source, core].iter().any(|it| is_changed(it.host)) =>
                {
                    let register =
                        LicenceChange { other: import.other.clone(), ..moves.remove(at) };
                    let joins = [register, import];
                    before_all.extend(joins.map(|it| LicenceChange { first: true, ..it }));
                }
                Some(at) => moves.insert(at + 1, import),
                None => {}
            }
        }
        self.changes.extend(before_all.into_iter().chain(ahead).chain(moves));
        if is_changed(source.host) {
            self.leave_what_is_written_anew(first, source);
        }
    }

    /// Leaves imports to the next plan that would come when the version that has written the settings is gone:
    /// another one may write them otherwise, and they would not be what was reviewed. `first`: the site's first change
    /// and first takeover.
    fn leave_what_is_written_anew(&mut self, first: (usize, usize), source: &Core<'_>) {
        let (change, takeover) = first;
        // Who is taken over from is changed behind it, and settings come first.
        let takeover = self.takeovers.get(takeover);
        let is_in_time = |it: &LicenceChange| {
            let takes_over =
                |host: &HostName| takeover.is_some_and(|takeover| takeover.next == *host);
            it.first || takeover.is_some() && it.facts.role == Role::Backup || takes_over(&it.host)
        };
        let of_site = self.changes.split_off(change.min(self.changes.len()));
        let (kept, left): (Vec<_>, Vec<_>) = of_site
            .into_iter()
            .partition(|it| it.action != Action::ImportSettings || is_in_time(it));
        self.changes.extend(kept);
        self.warnings.extend(left.iter().map(|it| {
            Code::SettingsLater.said(format!(
                "{} gets its settings by the next plan: {} has them, is changed by this one, and may write them in \
                 another way then",
                it.host, source.host
            ))
        }));
    }
}

/// What gives `core` the settings of `source`; none when it has them.
fn import(core: &Core<'_>, source: &Core<'_>) -> Option<LicenceChange> {
    let parts = core.facts.differing_settings(source.facts);
    let from = source.host.clone();
    (!parts.is_empty()).then(|| LicenceChange {
        host: core.host.clone(),
        action: Action::ImportSettings,
        reasons: vec![Reason::SettingsDiffer { from: from.clone(), parts }],
        facts: core.facts.clone(),
        other: Some((from, source.facts.clone())),
        settings: source.facts.settings_digest(),
        outage: false,
        first: false,
    })
}

/// Whether an instance that joins a site can be registered, and given the settings, by the version that scans: of an
/// instance that is to go on scanning, or for which it takes over itself.
fn joins((core, source): (&Core<'_>, &Core<'_>), target: Option<&Core<'_>>) -> bool {
    let stays = target.is_some_and(|it| [source.host, core.host].contains(&it.host));
    source.facts.role == Role::Production
        && core.facts.role == Role::Unlicensed
        && core.facts.is_like(source.facts)
        && stays
}

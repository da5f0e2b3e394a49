//! Differences that no plan is made of.

use super::{Lack, Promise, center};
use crate::address::{Address, ComponentName, HostName};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::standby::Forbidden;
use crate::value::{PackageVersion, Period, Version};

/// A difference that no plan may be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An older version is desired and the manifest doesn't allow that.
    Downgrade {
        /// Where.
        address: Address,
        /// What is there.
        observed: PackageVersion,
        /// What is desired.
        desired: Version,
    },
    /// Stage 2 needs a backup of this component, and nobody shows one.
    NoBackup {
        /// The component.
        component: ComponentName,
    },
    /// Control Center is to change something, and nobody says by which requests.
    NoRoute {
        /// The first that would be changed.
        address: Address,
        /// What is lacking.
        lack: Lack,
        /// The file with the routes.
        file: String,
    },
    /// So few are healthy that none can be spared for a change.
    MinHealthy {
        /// The first that would be taken away.
        address: Address,
        /// What is promised.
        promise: Promise,
    },
    /// A takeover is asked for by a move that the rules of hot backup forbid.
    ForbiddenMove {
        /// The instance.
        host: HostName,
        /// Which move, and what is legal instead.
        forbidden: Forbidden,
    },
    /// There is nothing to license an instance of hot backup by.
    Unentitled {
        /// The instance.
        host: HostName,
    },
    /// The window of stage 2 doesn't open any more.
    WindowOver,
    /// The openings of the window that are left end before stage 2 has ended.
    WindowEnds {
        /// How many there are.
        openings: usize,
        /// The first change that would not be begun.
        first: String,
    },
    /// A step of stage 2 fits in no window.
    WindowTooShort {
        /// The step.
        step: String,
        /// What it may take in a slow case, with its way back.
        room: Period,
        /// The longest opening of the window.
        longest: Period,
    },
    /// The host runs another operating system than the manifest says, so that the packages chosen
    /// for it may not fit.
    OperatingSystem {
        /// Where.
        host: HostName,
        /// What the host says.
        observed: String,
        /// What the manifest says.
        desired: String,
    },
}

impl Refusal {
    /// Whether it tells of the same lack, which is reported once for all hosts of a component.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::NoRoute { address: one, lack, .. },
                Self::NoRoute { address: other, lack: same, .. },
            ) => one.component == other.component && lack == same,
            _ => false,
        }
    }

    /// The refusal as its reader sees it, at its place in the manifest.
    #[must_use]
    pub fn diagnose(&self, manifest: &Manifest) -> Diagnostic {
        let source = &manifest.source;
        match self {
            Self::Downgrade { address, observed, desired } => {
                let problem = Diagnostic::new(
                    Code::Downgrade,
                    format!(
                        "{address} has version {observed}, and the release goes back to {desired}"
                    ),
                )
                .help(
                    "name a release that is not older; to take back what a run has brought, `mdc \
                     rollback`, which goes in reverse order; or, if there is a backup to go back \
                     to and you mean it, set `allow-downgrade = true` under [cluster]",
                );
                let span = manifest.cluster.release_span.clone();
                problem.at(Label::new(source, span, "this release is older"))
            }
            Self::NoBackup { component } => no_backup(manifest, component),
            Self::NoRoute { address, lack, file } => {
                center::diagnose(manifest, address, (*lack, file))
            }
            Self::ForbiddenMove { host, forbidden } => forbidden_move(manifest, host, forbidden),
            Self::Unentitled { host } => unentitled(manifest, host),
            Self::MinHealthy { address, promise } => too_few(manifest, address, promise),
            Self::WindowOver | Self::WindowEnds { .. } | Self::WindowTooShort { .. } => {
                self.of_window(manifest)
            }
            Self::OperatingSystem { host, observed, desired } => {
                let problem = Diagnostic::new(
                    Code::OsDiffers,
                    format!("{host} runs {observed}, and the manifest says {desired}"),
                )
                .help(format!("write `os = \"{observed}\"`, or correct the address"));
                match manifest.hosts.get(host) {
                    Some(written) => problem.at(Label::new(
                        source,
                        written.os_span.clone(),
                        "its packages are chosen by this",
                    )),
                    None => problem,
                }
            }
        }
    }

    /// The window that doesn't hold stage 2, at its place in the manifest.
    fn of_window(&self, manifest: &Manifest) -> Diagnostic {
        let (code, message, help) = match self {
            Self::WindowTooShort { step, room, longest } => (
                Code::WindowTooShort,
                format!(
                    "{step} may take {room} in a slow case, with its way back, and the window is never \
                     open for longer than {longest}"
                ),
                "make the window longer, or correct `durations` of the component for this site",
            ),
            Self::WindowEnds { openings, first } => {
                let times = if *openings == 1 { "once" } else { "too few times" };
                (
                    Code::WindowEnds,
                    format!(
                        "stage 2 doesn't fit: its window opens {times} from now on, and {first} would not \
                         be begun any more"
                    ),
                    "open the window for longer, or once more: `mdc what-if --window TIME` shows what fits",
                )
            }
            _ => (
                Code::WindowOver,
                "stage 2 can't begin: its window doesn't open any more, so that the cluster would stay \
                 between two releases"
                    .to_owned(),
                "name hours to come in `open` under [gates.window] that no `freeze` takes away and no \
                 change of clocks leaves out",
            ),
        };
        let problem = Diagnostic::new(code, message).help(help);
        match &manifest.gates.window {
            Some(window) => {
                problem.at(Label::new(&manifest.source, window.span.clone(), "this window"))
            }
            None => problem,
        }
    }
}

fn too_few(manifest: &Manifest, address: &Address, promise: &Promise) -> Diagnostic {
    let Promise { hosts, lost, healthy } = promise;
    let now = hosts - lost.len();
    let host = manifest.hosts.get(&address.host);
    let goes = host.and_then(|host| host.removed.get(&address.component));
    // What is to go is not one of them.
    let left = if goes.is_some() { now } else { now.saturating_sub(1) };
    let names: Vec<&str> = lost.iter().map(HostName::as_str).collect();
    let not = if names.is_empty() { "" } else { "; not healthy now, or not known to be: " };
    let message = format!(
        "a change of {address} leaves {} of {hosts} healthy, and `min-healthy` promises \
         {healthy}{not}{}",
        left,
        names.join(", ")
    );
    let problem = Diagnostic::new(Code::MinHealthy, message).help(format!(
        "bring up what is down, add a host, or promise less: `min-healthy` in `rolling` under \
         `[components.{}]`",
        address.component
    ));
    match host.and_then(|host| host.components.get(&address.component)).or(goes) {
        Some(span) => problem.at(Label::new(&manifest.source, span.clone(), "this one")),
        None => problem,
    }
}

fn no_backup(manifest: &Manifest, component: &ComponentName) -> Diagnostic {
    let message = format!(
        "nobody shows a backup of `{component}`, which there has to be before anything is upgraded"
    );
    let problem = Diagnostic::new(Code::NoBackup, message).help(format!(
        "describe it: `[gates.backup.{component}]` with `newest = \"/path/*.dump\"` and \
         `max-age = \"24h\"`; or, when somebody else keeps it, write `backup = \"none\"` under \
         `[components.{component}]`"
    ));
    let mut placed = manifest.hosts.values().filter_map(|host| host.components.get(component));
    match placed.next() {
        Some(span) => problem.at(Label::new(&manifest.source, span.clone(), "placed here")),
        None => problem,
    }
}

fn forbidden_move(manifest: &Manifest, host: &HostName, forbidden: &Forbidden) -> Diagnostic {
    let message = format!(
        "{host} can't be nominated while its production instance is changed: {}",
        forbidden.why()
    );
    let legal = forbidden.legal().unwrap_or_default();
    let problem = Diagnostic::new(Code::ForbiddenMove, message).help(format!(
        "write `upgrade = \"in-place\"` under [standby], and take the outage in a window; what is legal for \
         {host} is: deactivate the production instance, then {legal}"
    ));
    at_core(problem, manifest, host)
}

/// Nothing is moved at a site where a later move would have no licence.
pub(super) fn unentitled(manifest: &Manifest, host: &HostName) -> Diagnostic {
    let message = format!("there is no licence for {host}: neither a key nor a `license.yml`");
    let problem = Diagnostic::new(Code::BadStandby, message).help(
        "write `license-file` for an instance that is offline (it is activated by its own, and registered by \
         that of its production instance), or `activation-key` under [standby]; nothing was changed",
    );
    at_core(problem, manifest, host)
}

fn at_core(problem: Diagnostic, manifest: &Manifest, host: &HostName) -> Diagnostic {
    match manifest.standby.as_ref().and_then(|it| it.value.cores.get(host)) {
        Some(core) => problem.at(Label::new(&manifest.source, core.span.clone(), "this instance")),
        None => problem,
    }
}

//! Differences that no plan is made of.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a refusal's code; empty for any other.
    pub(super) fn explain_refusal(self) -> &'static str {
        match self {
            Self::Downgrade => {
                "A host has a newer version than the release asks for. The vendor documents no way \
                 back, and a database that a newer version has changed may be unreadable for the \
                 older one. Name a newer release. What a run of mdc has brought, `mdc rollback` takes back, in \
                 reverse order. Or, with a backup at hand, write `allow-downgrade = true` under [cluster]: \
                 the plan then goes in the order of an upgrade (`plan::goes-back`), and of what has no \
                 way back at all, that is refused all the same (`preflight::downgrade`)."
            }
            Self::NoBackup => {
                "Stage 2 changes what keeps the cluster's data, and there is no way back from a failure \
                 there but a backup. The vendor's procedure asks for backups of PostgreSQL and File \
                 Storage before anything. mdc wants evidence, not a promise: say under \
                 `[gates.backup.COMPONENT]` on which host and under which names the newest backup is \
                 found, and how old it may be. The catalog's `backup` of a component says whether one is \
                 needed; a manifest may set it to `none` under `[components.NAME]`, for instance where \
                 somebody else keeps that database."
            }
            Self::MinHealthy => {
                "`rolling = { min-healthy = }` of a component promises how many of its hosts stay healthy, \
                 whatever happens, and a part is rounded up. A change takes one away at least, and so many \
                 are down now, or not known to be healthy, or the promise is so high, that none can be \
                 spared. Bring up what is down, add a host, or promise less."
            }
            Self::WindowTooShort => {
                "A step of stage 2 is begun only when the rest of the window is as long as the step may \
                 take in a slow case together with its way back. No opening of the window is that long, so \
                 that the step could never begin. Make the window longer, or correct the durations of the \
                 component (`durations`) when they are too long for your site."
            }
            Self::WindowOver => {
                "From now on the window of stage 2 doesn't open: all its days are over or frozen, or its hours \
                 are left out because clocks are set forward. Stage 1 would be carried out and stage 2 never, \
                 and the cluster would stay between two releases. Name days to come in `open` under \
                 [gates.window], or end the `freeze` before them."
            }
            Self::WindowEnds => {
                "Each step of stage 2 fits into the window, but not all of them together: with what they should \
                 take, the last opening to come ends before the last change could be begun with enough time for \
                 a slow case and its way back. The cluster would stay between two releases. Make the window \
                 longer, add an opening, or correct `durations` when they are too long for your site. When \
                 stage 2 fits into several openings, that is said and no error: the run stops at the end of each \
                 one, and `mdc resume` goes on in the next."
            }
            Self::NoPrevious => {
                "The plan changes components that could be taken back by the package of the version \
                 before, and the manifest doesn't name the release that the cluster comes from. So no \
                 such package is put on the hosts, and `mdc rollback` can take nothing of it back. Name \
                 it as `previous-release` under [cluster]."
            }
            Self::OsDiffers => {
                "A host runs another operating system than the manifest says. Packages are chosen by \
                 the manifest's word, so they may not fit, and the address may be another machine's. \
                 Correct `os`, or the address."
            }
            _ => "",
        }
    }
}

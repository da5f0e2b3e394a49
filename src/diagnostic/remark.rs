//! The kinds of problem that hold nothing up, and that plans and commands tell in words of their own.

use std::fmt::{self, Display};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::Code;

/// What holds nothing up, in one line that ends with its code. Nothing but a code makes one: whoever is
/// warned can look up why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remark(String);

impl Deref for Remark {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Code {
    /// What happened, with the code.
    #[must_use]
    pub fn said(self, message: impl Display) -> Remark {
        Remark(format!("{message} ({})", self.as_str()))
    }
}

macro_rules! with_remarks {
    ($table:ident { $($others:tt)+ }) => {
        $table! {
            $($others)+

            /// Hosts that fetch from this machine.
            PullFromHere = "winrm::pull" Note,
            /// Files that can't be read, or stored, while a host of them changes.
            FewCopies = "plan::few-copies" Warning,
            /// A backup that nobody shows before a change that doesn't need one.
            BackupUnseen = "plan::backup-unseen" Warning,
            /// What people say and nobody sees.
            WordTaken = "gate::word-taken" Warning,
            /// A stage 2 that begins at any hour.
            NoWindow = "gate::no-window" Warning,
            /// What a component runs on, and nobody can tell whether it fits.
            RuntimeUnknown = "preflight::runtime-unknown" Warning,
            /// A primary that is changed where it is.
            PrimaryStays = "plan::primary-stays" Warning,
            /// A package that is installed beside the one that is there.
            SideBySide = "plan::side-by-side" Warning,
            /// Older versions that come in the order of an upgrade.
            GoesBack = "plan::goes-back" Warning,
            /// What is changed along with a component.
            Along = "plan::along" Warning,
            /// What is not taken back, not removed or not moved.
            Stays = "plan::stays" Warning,
            /// A reboot that is left out, since it would stop something outside any window.
            NotRebooted = "plan::not-rebooted" Warning,
            /// A relay that could not be read, and what its hosts get.
            RelayUnread = "plan::relay-unread" Warning,
            /// A stage that takes several openings of its window.
            SeveralOpenings = "plan::several-openings" Warning,
            /// A package without the service that the catalog names.
            NoService = "host::no-service" Warning,
            /// A secret that can't be read here.
            SecretUnseen = "host::secret-unseen" Warning,
            /// An instance that has not told what it was asked for.
            PartUnknown = "standby::part-unknown" Warning,
            /// An instance with another deployment id than before.
            DeploymentMoved = "standby::deployment-moved" Warning,
            /// A production instance whose licence is over.
            LicenceOver = "standby::licence-over" Warning,
            /// An instance that is changed while no other one scans.
            NobodyTakesOver = "standby::nobody-takes-over" Warning,
            /// Parts that are other ones afterwards than the manifest says.
            PartsSwapped = "standby::parts-swapped" Warning,
            /// Settings that a standby gets by a later plan.
            SettingsLater = "standby::settings-later" Warning,
            /// A standby that takes over though something about it is not as it should be.
            NotReady = "standby::not-ready" Warning,
            /// A run that was begun without what its manifest asked for.
            BegunWithout = "run::begun-without" Warning,
            /// A record of runs that nobody can read now.
            RecordUnread = "run::unread" Warning,
            /// What runs have left on a host.
            LeftBehind = "run::left-behind" Warning,
            /// An instance that a run may have left isolated.
            WithoutWork = "run::without-work" Warning,
        }
    };
}

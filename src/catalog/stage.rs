//! What people call the stages.

use super::Stage;

impl Stage {
    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "Stage 1, live",
            Self::Critical => "Stage 2, critical",
        }
    }

    /// What stage 1 means where sites of hot backup take no scans for a while.
    pub const LIVE_WITH_OUTAGE: &str = "Files go on being processed but where a step says that nobody scans; each function named below \
         stops only while its step runs.";

    /// What stage 2 means where nothing says when it may run.
    pub const CRITICAL_AT_ANY_HOUR: &str = "At any hour, since no window is written: submissions are stopped, no scan is in progress, and one \
         component changes after the other.";

    /// What it means, in one sentence.
    #[must_use]
    pub const fn means(self) -> &'static str {
        match self {
            Self::Live => {
                "Files go on being processed; each function named below stops only while its step runs."
            }
            Self::Critical => {
                "In a maintenance window: submissions are stopped, no scan is in progress, and one \
                 component changes after the other."
            }
        }
    }

    /// Its title when it is taken back.
    #[must_use]
    pub const fn title_back(self) -> &'static str {
        match self {
            Self::Live => "Stage 1, taken back",
            Self::Critical => "Stage 2, taken back",
        }
    }

    /// What it means that it is taken back, in one sentence.
    #[must_use]
    pub const fn means_back(self) -> &'static str {
        match self {
            Self::Live => "Each function named below stops while its step runs.",
            Self::Critical => {
                "Submissions have to be stopped and no scan in progress: nobody looks whether that is so, \
                 and no window is waited for. One component changes after the other."
            }
        }
    }
}

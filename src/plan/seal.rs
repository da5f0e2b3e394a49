//! The seal: the digest of a plan's meaning.
//!
//! Many steps run the same commands. Each such list enters the seal by its own digest, so that it
//! is hashed once however many steps run it.

use std::convert::Infallible;

use super::Plan;
use super::form::{PlanForm, forms};
use crate::transport::Command;
use crate::value::Digest;

impl Plan {
    /// The SHA-256 of the plan's JSON without seal and `manifest` (a locator, which may differ between
    /// machines), and with the SHA-256 of each step's commands in their place.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let digest = |list: &[Command], _| Ok::<_, Infallible>(Digest::of_json(list).to_string());
        let Ok(digests) = forms(self, digest);
        Digest::of_long_json(&PlanForm::bare(self, digests))
    }

    /// Whether the plan is still the one that was sealed.
    #[must_use]
    pub fn seal_holds(&self) -> bool {
        self.seal == self.digest()
    }

    /// Whether there is nothing to do, and nothing was left out.
    #[must_use]
    pub const fn is_up_to_date(&self) -> bool {
        self.steps.is_empty() && self.withheld.is_empty()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

//! What a plan goes without: the waivers under which it was made, as part of what is sealed.

use super::Plan;
use crate::preflight::Waived;

impl Plan {
    /// The plan with the waivers under which it was made, sealed with them.
    #[must_use]
    pub fn under(mut self, waivers: Vec<Waived>) -> Self {
        // Sealing takes its time for a large cluster; few plans need waivers.
        if self.waivers != waivers {
            self.waivers = waivers;
            self.seal = self.digest();
        }
        self
    }
}

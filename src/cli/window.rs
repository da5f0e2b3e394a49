//! Whether stage 2 fits into what is left of its window, by the clock of now.

use jiff::Timestamp;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::plan::Plan;

/// Refuses what could be begun and not be ended; says when it takes several openings.
pub(super) fn holds(plan: &Plan, site: &Site, console: &Console) -> Result<(), Problem> {
    match plan.openings(Timestamp::now()) {
        Ok(0 | 1) => Ok(()),
        Ok(openings) => {
            console.say(&format!(
                "Stage 2 doesn't fit into one opening of its window: it takes {openings}, and the cluster is \
                 between two releases meanwhile. The run stops at the end of each; `mdc resume` goes on in \
                 the next. `mdc what-if --window TIME` shows what fits."
            ));
            Ok(())
        }
        Err(refusals) => Err(Problem::Diagnostics(
            refusals.iter().map(|refusal| refusal.diagnose(&site.manifest)).collect(),
        )),
    }
}

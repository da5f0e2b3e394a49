//! Whether stage 2 fits into what is left of its window, by the clock of now.

use jiff::Timestamp;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::Refusal;
use crate::plan::{Plan, Step};

/// Refuses what could be begun and not be ended when `steps` of the plan are begun now; says when it takes
/// several openings.
pub(super) fn holds<'p>(
    plan: &Plan,
    steps: impl IntoIterator<Item = &'p Step>,
    site: &Site,
    console: &Console,
) -> Result<(), Problem> {
    let openings = plan.openings(steps, Timestamp::now());
    let openings = openings.map_err(|refusals| Problem::Diagnostics(told(&refusals, site)))?;
    if openings > 1 {
        let what = format!(
            "stage 2 doesn't fit into one opening of its window: it takes {openings}, and the cluster is \
             between two releases meanwhile. The run stops at the end of each; `mdc resume` goes on in \
             the next. `mdc what-if --window TIME` shows what fits."
        );
        console.warns(Code::SeveralOpenings, what);
    }
    Ok(())
}

/// Says that the plan couldn't be begun now, where that is asked by nobody.
pub(super) fn warn(plan: &Plan, site: &Site, console: &Console) {
    if let Err(refusals) = plan.openings(&plan.steps, Timestamp::now()) {
        for refusal in told(&refusals, site) {
            console.warns(refusal.code, format!("it could not be begun now: {}", refusal.message));
        }
    }
}

fn told(refusals: &[Refusal], site: &Site) -> Vec<Diagnostic> {
    refusals.iter().map(|refusal| refusal.diagnose(&site.manifest)).collect()
}

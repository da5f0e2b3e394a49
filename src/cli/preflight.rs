//! The checks before anything changes: when a plan is made, and again when it begins to be carried out.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use crate::diff::{self, Comparison};
use crate::observe::Observed;
use crate::plan::{Plan, Purpose};
use crate::preflight::{self, Judged};

/// Refuses waivers whose last day is over.
pub(super) fn none_expired(site: &Site) -> Result<(), Problem> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let expired = preflight::expired(&site.manifest, today);
    if expired.is_empty() { Ok(()) } else { Err(Problem::Diagnostics(expired.sorted())) }
}

/// What the checks find that isn't waived; refuses what no plan may be made or begun with.
pub(super) fn pass(
    site: &Site,
    observed: &Observed,
    comparison: &Comparison,
    console: &Console,
) -> Result<Judged, Problem> {
    none_expired(site)?;
    let found = preflight::check(&site.desired, observed, comparison, Timestamp::now());
    let judged = preflight::judge(found, &site.desired.waivers);
    if !judged.refused.is_empty() {
        let refused = judged.refused.iter().map(|finding| finding.diagnose(&site.manifest));
        return Err(Problem::Diagnostics(refused.collect()));
    }
    // Where nothing changes, nothing was checked.
    if !comparison.changes.is_empty() {
        console.diagnostics(&judged.unused(&site.manifest).sorted());
    }
    Ok(judged)
}

/// Refuses to bring packages to hosts whose disks have too little room for what the plan brings there.
pub(super) fn has_room(
    site: &Site,
    observed: &Observed,
    comparison: &Comparison,
) -> Result<(), Problem> {
    none_expired(site)?;
    let found = preflight::check_room(&site.desired, observed, comparison, Timestamp::now());
    let refused = preflight::judge(found, &site.desired.waivers).refused;
    if refused.is_empty() {
        return Ok(());
    }
    let refused = refused.iter().map(|finding| finding.diagnose(&site.manifest));
    Err(Problem::Diagnostics(refused.collect()))
}

/// The same for a plan that was made before and begins to be carried out: says what its reader has not
/// seen. What goes back is not held up.
pub(super) fn pass_again(
    plan: &Plan,
    site: &Site,
    observed: &Observed,
    console: &Console,
) -> Result<(), Problem> {
    if plan.purpose != Purpose::Release {
        return Ok(());
    }
    let comparison = diff::compare(&site.desired, observed);
    refuse(site, &comparison)?;
    let judged = pass(site, observed, &comparison, console)?;
    for new in judged.in_words().iter().filter(|words| !plan.warnings.contains(words)) {
        console.say(&format!("New since the plan was made: {new}"));
    }
    for new in judged.waived.iter().filter(|waived| !plan.waivers.contains(waived)) {
        let found = new.covers.join("; ");
        console.say(&format!("New since the plan was made, and waived ({}): {found}", new.check));
    }
    Ok(())
}

/// Refuses what no plan may be made of or begun with.
pub(super) fn refuse(site: &Site, comparison: &Comparison) -> Result<(), Problem> {
    if comparison.refusals.is_empty() {
        return Ok(());
    }
    let refused = comparison.refusals.iter().map(|refusal| refusal.diagnose(&site.manifest));
    Err(Problem::Diagnostics(refused.collect()))
}

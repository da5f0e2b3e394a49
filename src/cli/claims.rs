//! What a plan file claims, against what its manifest and the catalog say: a seal is no signature, so that
//! anybody may have written the file.

use super::problem::Problem;
use super::site::Site;
use crate::address::Address;
use crate::catalog::Stage;
use crate::diagnostic::Code;
use crate::observe::{PackageState, UnitState};
use crate::plan::{Plan, Step, UsedFacts, refused, rewritten};
use crate::transport::{Command, LicenceRequest, Task};

/// Refuses a plan file whose claims don't fit what its manifest and the catalog say, as far as nothing was
/// written anew of the steps that make them: those are refused for that.
pub(super) fn fit(plan: &Plan, site: &Site) -> Result<(), Problem> {
    let moved = rewritten(plan, plan.steps.iter(), &site.desired);
    let rest = plan.without(&refused(plan, &moved));
    same_stages(&rest, site)?;
    own_steps(&rest, site)?;
    own_secrets(&rest, site)
}

/// Refuses a plan that changes what its manifest doesn't have: nobody could say whether that was rehearsed.
fn own_steps(plan: &Plan, site: &Site) -> Result<(), Problem> {
    let is_own = |step: &Step| {
        let at = Address::new(step.host.clone(), step.component.clone());
        site.desired.resources.contains_key(&at) || site.desired.removed.contains_key(&at)
    };
    let mut changes = plan.steps.iter().filter(|step| step.is_change());
    changes.find(|step| !is_own(step)).map_or(Ok(()), |step| {
        Err(Problem::new(
            Code::PlanForged,
            format!("the plan changes {}, which {} doesn't have", step.id, site.path),
            "nothing was changed; `mdc` makes no such plan: make it again and have it reviewed",
        ))
    })
}

/// Refuses a plan that calls a change of stage 2 one of stage 1: fewer people would have to approve it. What
/// brings up what is down or missing is of stage 1, whatever it is: nobody has to do without it for that.
fn same_stages(plan: &Plan, site: &Site) -> Result<(), Problem> {
    let critical = |step: &&Step| {
        let component = site.desired.components.get(&step.component);
        component.is_some_and(|component| component.stage == Stage::Critical)
            && !(step.action.restores() && plan.facts(step).is_some_and(is_down))
    };
    let moved = plan.steps.iter().filter(|step| step.is_change() && step.stage == Stage::Live);
    let Some(step) = moved.into_iter().find(critical) else { return Ok(()) };
    Err(Problem::new(
        Code::PlanForged,
        format!("the plan says that {} is of stage 1, and the catalog says stage 2", step.id),
        "nothing was changed; `mdc` makes no such plan: make it again and have it reviewed",
    ))
}

/// Whether it is not there, or doesn't run. That it is so is seen again when the run begins.
fn is_down(facts: &UsedFacts) -> bool {
    !matches!(facts.package, PackageState::Installed(_)) || facts.unit != UnitState::Active
}

/// Whether a move of a licence takes a secret that `[standby]` has, and sends it where that says.
fn is_of_manifest(request: &LicenceRequest, site: &Site) -> bool {
    let Some(standby) = &site.desired.standby else { return false };
    if let LicenceRequest::Deactivate { route, .. } = request
        && standby.deactivation.as_ref() != Some(route)
    {
        return false;
    }
    let files = standby.cores.values().filter_map(|core| core.license_file.as_ref());
    let mut own = files.chain(&standby.activation_key).chain(&standby.settings_password);
    request.secret().is_none_or(|secret| own.any(|it| it == secret))
}

/// Whether files get secrets from where the manifest has them alone: a plan that somebody has changed could have
/// any file of the controller sent to a host for one, and any command run here.
fn own_secrets(plan: &Plan, site: &Site) -> Result<(), Problem> {
    let is_own = |step: &Step, command: &Command| {
        if let Task::Licence(request) = &command.task {
            return is_of_manifest(request, site);
        }
        let Task::WriteFile { path, secrets, .. } = &command.task else { return true };
        let at = Address::new(step.host.clone(), step.component.clone());
        let files = site.desired.files.get(&at).map_or(&[][..], |files| &**files);
        files.iter().any(|file| file.path == *path && file.secrets == *secrets)
    };
    let foreign = plan.steps.iter().find(|step| {
        let back = step.back().map_or(&[][..], |commands| &**commands);
        !step.commands.iter().chain(back).all(|command| is_own(step, command))
    });
    foreign.map_or(Ok(()), |step| {
        Err(Problem::new(
            Code::PlanForged,
            format!("the step `{}` has secrets from where {} has none", step.id, site.path),
            "the plan was changed after it was made; nothing was done; make it again",
        ))
    })
}

//! Moving data to another major version, and back to the data that were kept.

use super::{await_health, service};
use crate::catalog::{Act, Limits, Major};
use crate::desired::Resource;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Period, Version};

/// Time for seeing which version serves.
const ASK: Period = Period::seconds(30);

/// The commands that move the data from version `from`, to be put after the installation of the package.
#[must_use]
pub fn move_data(resource: &Resource, from: &Version) -> Vec<Command> {
    let Some(major) = &resource.procedure.major else { return Vec::new() };
    let task = |act: &Act| Task::MoveData {
        unit: resource.unit.clone(),
        say: act.say.clone(),
        from: from.clone(),
    };
    let moves = major.moves.iter().map(|act| done(act, (from, &resource.version), task(act)));
    moves.chain([check(resource, major, from)]).collect()
}

/// The commands that go back to the data of version `from`.
#[must_use]
pub fn move_back(resource: &Resource, from: &Version, limits: &Limits) -> Vec<Command> {
    let Some(major) = &resource.procedure.major else { return Vec::new() };
    let task = |act: &Act| Task::MoveBack {
        unit: resource.unit.clone(),
        say: act.say.clone(),
        package: resource.package.clone(),
    };
    let back = major.back.iter().map(|act| done(act, (from, &resource.version), task(act)));
    back.chain([await_health(resource, limits), service::check(resource)]).collect()
}

/// The commands that drop the data of version `from` for good; none when the catalog knows no way. What is
/// gone already is seen to be, so that doing this twice comes to the same.
#[must_use]
pub fn finalise(resource: &Resource, from: &Version) -> Vec<Command> {
    let Some(major) = &resource.procedure.major else { return Vec::new() };
    let (Some(act), Some(kept)) = (&major.finalise, &major.kept) else { return Vec::new() };
    let unit = || resource.unit.clone();
    let task = Task::DropKept { unit: unit(), say: act.say.clone() };
    let gone = format!(
        "said=$(sh -c {}) || exit; case \" $(echo $said) \" in *\" $from \"*) \
         echo \"the data of version $from are still there\" >&2; exit 1 ;; esac",
        quote(kept)
    );
    let gone = Command {
        run: between((from, &resource.version), &gone),
        account: Account::Root,
        within: ASK,
        task: Task::CheckGone { unit: unit(), from: from.clone() },
    };
    vec![check(resource, major, from), done(act, (from, &resource.version), task), gone]
}

/// The new package may be there, and healthy the old version.
fn check(resource: &Resource, major: &Major, from: &Version) -> Command {
    let (unit, version) = (resource.unit.clone(), resource.version.clone());
    Command {
        run: between((from, &version), &major.check),
        account: Account::Root,
        within: ASK,
        task: Task::CheckData { unit, version },
    }
}

fn done(act: &Act, versions: (&Version, &Version), task: Task) -> Command {
    let run = between(versions, &act.run);
    Command { run, account: Account::Root, within: act.within, task }
}

fn between((from, to): (&Version, &Version), run: &str) -> String {
    format!("from={} to={}\n{run}", quote(from.major()), quote(to.major()))
}

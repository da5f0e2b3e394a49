//! What to ask of a host, worked out from what should be there.

use std::collections::{BTreeMap, BTreeSet};

use super::fact;
use super::places::{self, Places};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::Format;
use crate::desired::{Desired, Resource, Source};
use crate::transport::{Also, FileQuestion, Questions, ResourceQuestions};
use crate::value::RemotePath;

/// Everything to ask of `host`, with the script that asks it; none for a host that `desired`
/// doesn't know.
#[must_use]
pub fn questions(desired: &Desired, host: &HostName) -> Option<Questions> {
    of_host(desired, host, &Places::of(desired))
}

/// The same, for a caller that asks many hosts.
pub(super) fn of_host(
    desired: &Desired,
    host: &HostName,
    places: &Places<'_>,
) -> Option<Questions> {
    let about = desired.hosts.get(host)?;
    let resources = resources(desired, host);
    let stays = |name: &&ComponentName| {
        desired.resources.contains_key(&Address::new(host.clone(), (*name).clone()))
    };
    // A path of the other kind is one of other hosts.
    let is_here = |path: &&RemotePath| path.is_windows() == (about.format == Format::Msi);
    let stay = resources.keys().filter(stays);
    let also = Also {
        reach: stay
            .flat_map(|name| places.needed_by(desired, name, host))
            .chain(places::relay(desired, host))
            .collect(),
        certificates: desired
            .preflight
            .certificates
            .iter()
            .filter(|it| is_here(it))
            .cloned()
            .collect(),
        packages: runtimes(desired, &resources, about.format),
        folders: desired.preflight.unpacks_to.iter().filter(|it| is_here(it)).cloned().collect(),
    };
    let (os, format) = (about.os.clone(), about.format);
    let (script, words) = (String::new(), Vec::new());
    let mut questions = Questions { os, format, resources, also, script, words };
    questions.script = fact::script(&questions);
    questions.words = fact::words(&questions);
    Some(questions)
}

/// What the components run on.
fn runtimes(
    desired: &Desired,
    resources: &BTreeMap<ComponentName, ResourceQuestions>,
    format: Format,
) -> BTreeSet<String> {
    let runtimes =
        resources.keys().filter_map(|name| desired.components.get(name)?.runtime.as_ref());
    runtimes.filter_map(|runtime| runtime.packages.get(&format)).flatten().cloned().collect()
}

fn resources(desired: &Desired, host: &HostName) -> BTreeMap<ComponentName, ResourceQuestions> {
    desired
        .asked(host)
        .map(|(address, resource)| {
            let questions = ResourceQuestions {
                package: resource.package.clone(),
                others: others(resource),
                unit: resource.unit.clone(),
                health: resource.health.clone(),
                repository: (resource.source == Source::Repository)
                    .then(|| resource.version.clone()),
                kept: resource.procedure.major.as_ref().and_then(|it| it.kept.clone()),
                role: resource.procedure.role.as_ref().map(|role| role.ask.clone()),
                files: files(desired, address),
            };
            (address.component.clone(), questions)
        })
        .collect()
}

fn files(desired: &Desired, address: &Address) -> BTreeMap<String, FileQuestion> {
    let files = desired.files.get(address).into_iter().flat_map(|files| files.iter());
    files
        .map(|file| {
            let (path, record) = (file.path.clone(), file.record.clone());
            let holds_secrets = !file.secrets.is_empty();
            (file.name.clone(), FileQuestion { path, record, holds_secrets })
        })
        .collect()
}

fn others(resource: &Resource) -> Vec<String> {
    let major = resource.procedure.major.iter();
    major.flat_map(|major| major.others(resource.format, &resource.package)).cloned().collect()
}

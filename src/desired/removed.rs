//! What should not be there any more: components that the manifest names under a host's `removed`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::package::Packages;
use super::placed::Placed;
use super::questions::{Asked, Questions};
use super::{Resource, Source};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, Driver, Format, Procedure};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest, Release, Span};
use crate::value::Version;

/// The components that are to go, by where they are, as they are asked for; `format` tells a host's
/// package format.
pub(super) fn removed<'r>(
    manifest: &'r Manifest,
    release: &'r Release,
    placed: &Placed<'r>,
    format: &dyn Fn(&Host) -> Option<Format>,
    found: &mut Diagnostics,
) -> BTreeMap<Address, Arc<Resource>> {
    let mut packages = Packages::new(release, &manifest.source);
    let mut removed = BTreeMap::new();
    for (host_name, host) in &manifest.hosts {
        let Some(format) = format(host) else { continue };
        for (name, span) in &host.removed {
            if host.components.contains_key(name) {
                let message = format!("`{name}` is to be on {host_name} and to be removed from it");
                let label = Label::new(&manifest.source, span.clone(), "removed here");
                found.push(
                    Diagnostic::new(Code::RemovedAndPlaced, message)
                        .at(label)
                        .help("take it out of `components` or out of `removed`"),
                );
            }
            let Some((component, questions)) = placed.get(name) else { continue };
            if component.driver() != Driver::Package {
                let message =
                    format!("`{name}` is not removed by mdc, which doesn't change it either");
                let label = Label::new(&manifest.source, span.clone(), "to be removed");
                found.push(
                    Diagnostic::new(Code::RemovedByOthers, message)
                        .at(label)
                        .help("remove it as it was brought there, and take it out of `removed`"),
                );
            }
            let known = packages.resource(component, questions, host, format);
            let resource = match known {
                Some(known) => Some(gone((*known).clone())),
                None => bare(component, questions, format),
            };
            match resource {
                Some(resource) => {
                    let address = Address::new(host_name.clone(), name.clone());
                    removed.insert(address, Arc::new(resource));
                }
                None => found.push(no_name(manifest, (name, span), (host_name, format))),
            }
        }
    }
    removed
}

/// Nobody knows what it is called there.
fn no_name(
    manifest: &Manifest,
    (component, span): (&ComponentName, &Span),
    (host, format): (&HostName, Format),
) -> Diagnostic {
    let message = format!(
        "`{component}` can't be removed from {host}: the catalog has no `{format}` package of it"
    );
    let help =
        format!("write `package` and `unit` for `{format}` under `[components.{component}]`");
    let label = Label::new(&manifest.source, span.clone(), "to be removed");
    Diagnostic::new(Code::NoFormat, message).at(label).help(help)
}

/// What goes is not installed from anywhere, and nothing is done for a new version of it.
fn gone(resource: Resource) -> Resource {
    let procedure = Procedure {
        role: resource.procedure.role,
        major: resource.procedure.major,
        ..Procedure::default()
    };
    Resource { source: Source::Repository, procedure, ..resource }
}

/// A component that the release doesn't have any more.
fn bare(component: &Component, questions: &Questions, format: Format) -> Option<Resource> {
    let Asked { health, idle, drain, procedure } = questions.on(format);
    Some(gone(Resource {
        version: "0".parse::<Version>().ok()?,
        package: component.package.get(&format)?.clone(),
        format,
        source: Source::Repository,
        unit: component.unit.get(&format)?.clone(),
        health,
        idle,
        drain,
        procedure,
        along: None,
    }))
}

/// Who needs `component`, directly.
#[must_use]
pub(super) fn needed_by<'c>(
    component: &ComponentName,
    components: &'c BTreeMap<ComponentName, Arc<Component>>,
) -> Vec<&'c ComponentName> {
    let needs = |it: &&Arc<Component>| it.needs.iter().any(|need| need.component == *component);
    components.values().filter(needs).map(|it| &it.name).collect()
}

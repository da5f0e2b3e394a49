//! From manifest, release and catalog to what should be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::package::{Packages, unsupported};
use super::{Desired, DesiredHost, Probe, Resource, component, placement};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Catalog, Component, Format};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest, Release};

/// What should be, or all the reasons why it can't. Touches no host; reads the package files of
/// the release on this machine, each one once. With an error there is nothing desired; warnings
/// leave it.
#[must_use]
pub fn resolve(
    manifest: &Manifest,
    release: &Release,
    catalog: &Catalog,
) -> (Option<Desired>, Diagnostics) {
    let mut found = component::unknown_ones(manifest, release, catalog);
    let effective = component::effective(manifest, catalog, &mut found);
    found.extend(placement::check(manifest, &effective));
    found.extend(against_release(manifest, release, &effective));
    let placed = placed(manifest, &effective, &mut found);
    let formats = formats(manifest, &mut found);
    let resources = resources(manifest, release, &placed, &formats, &mut found);
    if found.has_errors() {
        return (None, found);
    }
    let desired = Desired {
        cluster: manifest.cluster.name.clone(),
        environment: manifest.cluster.environment.clone(),
        release: release.name.clone(),
        allow_downgrade: manifest.cluster.allow_downgrade,
        hosts: hosts(manifest, &formats),
        components: placed
            .into_iter()
            .map(|(name, (c, _))| (name.clone(), Arc::clone(c)))
            .collect(),
        resources,
    };
    (Some(desired), found)
}

/// The placed components with their probes.
type Placed<'c> = BTreeMap<&'c ComponentName, (&'c Arc<Component>, Probe)>;

fn placed<'c>(
    manifest: &Manifest,
    effective: &'c BTreeMap<ComponentName, Arc<Component>>,
    found: &mut Diagnostics,
) -> Placed<'c> {
    let places = component::first_places(manifest);
    let mut placed = BTreeMap::new();
    for (name, component) in effective.iter().filter(|(name, _)| places.contains_key(name)) {
        match component::probe(component, manifest) {
            Ok(probe) => drop(placed.insert(name, (component, probe))),
            Err(problem) => found.push(*problem),
        }
    }
    placed
}

/// The package format of each system that the manifest names; each unknown one is reported once.
fn formats<'m>(
    manifest: &'m Manifest,
    found: &mut Diagnostics,
) -> BTreeMap<&'m str, Option<Format>> {
    let mut formats = BTreeMap::new();
    for host in manifest.hosts.values() {
        formats.entry(host.os.as_str()).or_insert_with(|| {
            let format = Format::of_system(&host.os);
            if format.is_none() {
                found.push(unsupported(&manifest.source, host));
            }
            format
        });
    }
    formats
}

fn format_of(formats: &BTreeMap<&str, Option<Format>>, host: &Host) -> Option<Format> {
    formats.get(host.os.as_str()).copied().flatten()
}

fn hosts(
    manifest: &Manifest,
    formats: &BTreeMap<&str, Option<Format>>,
) -> BTreeMap<HostName, DesiredHost> {
    let desired = |(name, host): (&HostName, &Host)| {
        let format = format_of(formats, host)?;
        let (address, os, connection) =
            (host.address.clone(), host.os.clone(), host.connection.clone());
        Some((name.clone(), DesiredHost { address, os, format, connection }))
    };
    manifest.hosts.iter().filter_map(desired).collect()
}

fn resources<'r>(
    manifest: &'r Manifest,
    release: &'r Release,
    placed: &Placed<'r>,
    formats: &BTreeMap<&str, Option<Format>>,
    found: &mut Diagnostics,
) -> BTreeMap<Address, Resource> {
    let mut packages = Packages::new(release, &manifest.source);
    let mut resources = BTreeMap::new();
    for (host_name, host) in &manifest.hosts {
        let Some(format) = format_of(formats, host) else { continue };
        for name in host.components.keys() {
            let Some((component, probe)) = placed.get(name) else { continue };
            if let Some(resource) = packages.resource(component, probe, host, format) {
                resources.insert(Address::new(host_name.clone(), name.clone()), resource);
            }
        }
    }
    found.extend(Diagnostics::from_iter(packages.into_problems()));
    resources
}

/// Placed components that the release lacks, entries of it that nobody uses, versions that are too
/// old.
fn against_release(
    manifest: &Manifest,
    release: &Release,
    effective: &BTreeMap<ComponentName, Arc<Component>>,
) -> Diagnostics {
    let places = component::first_places(manifest);
    let mut found = Vec::new();
    for (name, span) in &places {
        if effective.contains_key(*name) && !release.components.contains_key(*name) {
            let message = format!("the release `{}` has no entry for `{name}`", release.name);
            found.push(
                Diagnostic::new(Code::NotInRelease, message)
                    .at(Label::new(&manifest.source, (*span).clone(), "placed here"))
                    .help(format!(
                        "add `[components.{name}]` with its version to `{}`",
                        release.source.name
                    )),
            );
        }
    }
    for (name, released) in &release.components {
        let Some(component) = effective.get(name) else { continue };
        let label = |text: String| Label::new(&release.source, released.span.clone(), text);
        if !places.contains_key(name) {
            found.push(
                Diagnostic::new(
                    Code::UnusedEntry,
                    format!("no host has `{name}`, which the release contains"),
                )
                .at(label("not used".to_owned()))
                .help("nothing to do if another cluster of this release has it"),
            );
        } else if let Some(minimum) =
            component.minimum_version.as_ref().filter(|m| released.version < **m)
        {
            let message = format!(
                "{} {} is older than {minimum}, which the vendor asks for",
                component.title, released.version
            );
            found.push(
                Diagnostic::new(Code::BelowMinimum, message)
                    .at(label(format!("pins {}", released.version)))
                    .help(format!("plan an upgrade of `{name}` to {minimum} or newer")),
            );
        }
    }
    Diagnostics::from_iter(found)
}

//! From manifest, release and catalog to what should be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::component::Places;
use super::package::{Packages, unsupported};
use super::placed::{Placed, placed};
use super::{
    Desired, DesiredHost, Resource, backup, caution, center, component, durations, file, notice,
    placement, reboot, relay, removed, submissions,
};
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Catalog, Component, Format, Sure, reported};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest, Release, Span};
use crate::value::Version;

/// What should be, or all the reasons why it can't. Touches no host; reads the package files of
/// the release on this machine, each one once. With an error there is nothing desired; warnings
/// leave it.
#[must_use]
pub fn resolve(
    manifest: &Manifest,
    release: &Release,
    catalog: &Catalog,
) -> (Option<Desired>, Diagnostics) {
    let first = component::first_places(manifest);
    let mut found = component::unknown_ones(&first, manifest, release, catalog);
    let effective = component::effective(manifest, catalog, &mut found);
    // Of many hosts each of these takes its time, and neither needs the other.
    let (checked, (placed, problems)) = rayon::join(
        || placement::check(manifest, &effective),
        || beside(|found| placed(&first, manifest, &effective, found)),
    );
    found.extend(checked);
    found.extend(reboot::check(manifest, &effective));
    found.extend(against_release(&first, manifest, release, &effective));
    found.extend(problems);
    let formats = formats(manifest, &mut found);
    let format = |host: &Host| format_of(&formats, host);
    let version = |name: &ComponentName| Some(release.components.get(name)?.version.to_string());
    let ((resources, problems), (hosts, (files, of_files))) = rayon::join(
        || beside(|found| resources(manifest, release, &placed, &formats, found)),
        || {
            let files = beside(|found| file::files(manifest, &placed, &version, found));
            (hosts(manifest, &formats), files)
        },
    );
    found.extend(problems);
    let removed = removed::removed(manifest, release, &placed, &format, &mut found);
    found.extend(of_files);
    let mut gates = backup::gates(manifest, &placed, &mut found);
    submissions::ask(&mut gates, manifest);
    let relays = relay::relays(manifest, &format, &mut found);
    let notices = notice::notices(manifest, &mut found);
    let durations = durations::durations(manifest, &mut found);
    let control_center = center::control_center(manifest, catalog, &mut found);
    if found.has_errors() {
        return (None, found);
    }
    let desired = Desired {
        cluster: manifest.cluster.name.clone(),
        environment: manifest.cluster.environment.clone(),
        release: release.name.clone(),
        allow_downgrade: manifest.cluster.allow_downgrade,
        gates,
        preflight: manifest.preflight.clone(),
        plans: manifest.plans,
        after: manifest.after,
        waivers: manifest.waivers.iter().map(|it| it.value.clone()).collect(),
        scan: manifest.scan.clone(),
        notices,
        cautions: caution::cautions(manifest),
        control_center,
        standby: manifest.standby.as_ref().map(|it| it.value.clone()),
        hosts,
        components: components(placed),
        resources,
        removed,
        files,
        durations,
        relays,
        previous: BTreeMap::new(),
    };
    (Some(desired), found)
}

fn components(placed: Placed<'_>) -> BTreeMap<ComponentName, Arc<Component>> {
    let own = placed.into_iter();
    own.map(|(name, (component, _))| (name.clone(), Arc::clone(component))).collect()
}

/// What `make` makes, and the problems that it finds.
fn beside<T>(make: impl FnOnce(&mut Diagnostics) -> T) -> (T, Diagnostics) {
    let mut found = Diagnostics::default();
    (make(&mut found), found)
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
            (host.address.clone(), reported(&host.os), host.connection.clone());
        let labels = Arc::clone(&host.labels);
        Some((name.clone(), DesiredHost { address, os, format, connection, labels }))
    };
    manifest.hosts.iter().filter_map(desired).collect()
}

fn resources<'r>(
    manifest: &'r Manifest,
    release: &'r Release,
    placed: &Placed<'r>,
    formats: &BTreeMap<&str, Option<Format>>,
    found: &mut Diagnostics,
) -> BTreeMap<Address, Arc<Resource>> {
    let mut packages = Packages::new(release, &manifest.source);
    packages.read(manifest.hosts.values(), &|name| Some(&**placed.get(name)?.0));
    let mut resources = Vec::new();
    for (host_name, host) in &manifest.hosts {
        let Some(format) = format_of(formats, host) else { continue };
        for name in host.components.keys() {
            let Some((component, questions)) = placed.get(name) else { continue };
            if let Some(resource) = packages.resource(component, questions, host, format) {
                resources.push((Address::new(host_name.clone(), name.clone()), resource));
            }
        }
    }
    found.extend(Diagnostics::from_iter(packages.into_problems()));
    // A map that is made of what is in order already is made fast.
    resources.into_iter().collect()
}

/// How placement and release fit together.
fn against_release(
    places: &Places<'_>,
    manifest: &Manifest,
    release: &Release,
    effective: &BTreeMap<ComponentName, Arc<Component>>,
) -> Diagnostics {
    let lacking = places
        .iter()
        .filter(|(name, _)| effective.contains_key(**name))
        .filter(|(name, _)| !release.components.contains_key(**name))
        .map(|(name, span)| not_in_release(manifest, release, name, span));
    let entries = release.components.iter().filter_map(|(name, released)| {
        let component = effective.get(name)?;
        let label = |text| Label::new(&release.source, released.span.clone(), text);
        if !places.contains_key(name) {
            return Some(unused(name).at(label("not used".to_owned())));
        }
        let problem = below_minimum(component, &released.version)
            .or_else(|| untested(component, &released.version))?;
        Some(problem.at(label(format!("pins {}", released.version))))
    });
    lacking.chain(entries).collect()
}

fn not_in_release(
    manifest: &Manifest,
    release: &Release,
    name: &ComponentName,
    span: &Span,
) -> Diagnostic {
    let message = format!("the release `{}` has no entry for `{name}`", release.name);
    let file = &release.source.name;
    Diagnostic::new(Code::NotInRelease, message)
        .at(Label::new(&manifest.source, span.clone(), "placed here"))
        .help(format!("add `[components.{name}]` with its version and packages to `{file}`"))
}

fn unused(name: &ComponentName) -> Diagnostic {
    let message = format!("no host has `{name}`, which the release contains");
    Diagnostic::new(Code::UnusedEntry, message)
        .help("nothing to do if another cluster of this release has it")
}

fn untested(component: &Component, version: &Version) -> Option<Diagnostic> {
    let below = component.tested_below.as_ref().filter(|below| version >= *below)?;
    let (title, name) = (&component.title, &component.name);
    let message =
        format!("nobody is known to have tried {title} {version}: only versions below {below}");
    Some(Diagnostic::new(Code::Untested, message).help(format!(
        "try it in staging; when it works there, set `tested-below` under `[components.{name}]`"
    )))
}

fn below_minimum(component: &Component, version: &Version) -> Option<Diagnostic> {
    let minimum = component.minimum_version.as_ref().filter(|minimum| version < minimum)?;
    let title = &component.title;
    let why = match component.sure.get("minimum-version") {
        Some(Sure::Guess(_)) => "the oldest that is known to have been tried",
        _ => "which the vendor asks for",
    };
    let message = format!("{title} {version} is older than {minimum}, {why}");
    Some(
        Diagnostic::new(Code::BelowMinimum, message)
            .help(format!("plan an upgrade of `{}` to {minimum} or newer", component.name)),
    )
}

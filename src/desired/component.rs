//! The components as this cluster has them: the catalog with the manifest's overrides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::center::with_needs;
use crate::address::ComponentName;
use crate::catalog::{Catalog, Component, Replicas};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::manifest::{CORE, Manifest, Release, Span};
use crate::source::did_you_mean;
use crate::value::Share;

/// All components of the catalog, overridden.
pub(super) fn effective(
    manifest: &Manifest,
    catalog: &Catalog,
    found: &mut Diagnostics,
) -> BTreeMap<ComponentName, Arc<Component>> {
    let mut components: BTreeMap<ComponentName, Arc<Component>> =
        catalog.components().map(|c| (c.name.clone(), Arc::clone(c))).collect();
    for (name, over) in &manifest.components {
        match catalog.overridden(name.as_str(), &over.value) {
            Some(component) => drop(components.insert(name.clone(), promised(component))),
            None => found.push(unknown(catalog, name, &manifest.source, &over.span)),
        }
    }
    let alone = manifest.standby.as_ref().is_some_and(|it| !it.value.in_cluster);
    let is_promised =
        |name: &ComponentName| manifest.components.get(name).is_some_and(|it| it.value.promises());
    let needed = |name: &ComponentName, component: Arc<Component>| {
        let alone = alone && name.as_str() == CORE;
        with_needs(if alone { stands_alone(component, is_promised(name)) } else { component })
    };
    let of_cluster = |(name, component)| {
        let component = needed(&name, component);
        (name, component)
    };
    components.into_iter().map(of_cluster).collect()
}

/// With replicas that bridge the absence of a host, as many stay healthy as those need, unless something
/// else is promised.
fn promised(component: Arc<Component>) -> Arc<Component> {
    let keeps = component.replicas.and_then(Replicas::keeps);
    let Some(keeps) = keeps.filter(|_| component.rolling.min_healthy.is_none()) else {
        return component;
    };
    let mut component = Arc::unwrap_or_clone(component);
    component.rolling.min_healthy = Share::Count(keeps);
    Arc::new(component)
}

/// An MD Core instance that stands alone needs nothing of a cluster, and a backup that is healthy scans nothing:
/// how many are counts for nothing, unless the manifest itself promises it.
fn stands_alone(component: Arc<Component>, is_promised: bool) -> Arc<Component> {
    let mut component = Arc::unwrap_or_clone(component);
    component.needs.clear();
    if !is_promised {
        component.rolling.min_healthy = Share::default();
    }
    Arc::new(component)
}

/// Where each component is placed first.
pub(super) type Places<'m> = BTreeMap<&'m ComponentName, &'m Span>;

pub(super) fn first_places(manifest: &Manifest) -> Places<'_> {
    let mut places = Places::new();
    for (name, span) in manifest.hosts.values().flat_map(|host| &host.components) {
        let first = places.entry(name).or_insert(span);
        if span.start < first.start {
            *first = span;
        }
    }
    places
}

/// Placed or released components that the catalog doesn't have.
pub(super) fn unknown_ones(
    places: &Places<'_>,
    manifest: &Manifest,
    release: &Release,
    catalog: &Catalog,
) -> Diagnostics {
    let removed = manifest.hosts.values().flat_map(|host| &host.removed);
    let written = places.iter().map(|(name, span)| (*name, *span)).chain(removed);
    let written = written.map(|(name, span)| (name, span, &manifest.source));
    let released = release.components.iter().map(|(name, c)| (name, &c.span, &release.source));
    written
        .chain(released)
        .filter(|(name, ..)| catalog.component(name.as_str()).is_none())
        .map(|(name, span, source)| unknown(catalog, name, source, span))
        .collect()
}

fn unknown(
    catalog: &Catalog,
    name: &ComponentName,
    source: &Arc<SourceText>,
    span: &Span,
) -> Diagnostic {
    let known: Vec<&str> = catalog.components().map(|c| c.name.as_str()).collect();
    Diagnostic::new(Code::UnknownComponent, format!("the catalog has no component `{name}`"))
        .at(Label::new(source, span.clone(), "unknown component"))
        .help(did_you_mean(name.as_str(), known, "the components are"))
}

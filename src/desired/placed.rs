//! The components that are on some host, or are to go from one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::component::Places;
use super::questions::Questions;
use super::{center, failures, rolling};
use crate::address::ComponentName;
use crate::catalog::Component;
use crate::diagnostic::Diagnostics;
use crate::manifest::Manifest;

/// The placed components with what they are asked.
pub(super) type Placed<'c> = BTreeMap<&'c ComponentName, (&'c Arc<Component>, Questions)>;

/// Those of `effective` that have a place in the manifest.
pub(super) fn placed<'c>(
    places: &Places<'_>,
    manifest: &Manifest,
    effective: &'c BTreeMap<ComponentName, Arc<Component>>,
    found: &mut Diagnostics,
) -> Placed<'c> {
    let mut probed = BTreeMap::new();
    let goes =
        |name: &ComponentName| manifest.hosts.values().any(|it| it.removed.contains_key(name));
    let wanted = effective.iter().filter(|(name, _)| places.contains_key(name) || goes(name));
    for (name, component) in wanted {
        match Questions::of(component, manifest) {
            Ok(questions) => drop(probed.insert(name, (component, questions))),
            Err(problem) => found.push(*problem),
        }
        let problems = rolling::check(component, manifest).into_iter();
        let problems = problems.chain(failures::check(component, manifest));
        found.extend(problems.chain(center::check(component, manifest)).collect::<Diagnostics>());
    }
    probed
}

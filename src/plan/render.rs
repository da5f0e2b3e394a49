//! Renders commands, each list once: on hosts of one system a component has one package, one
//! service and one probe, and so the same commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Commands;
use crate::address::Address;
use crate::catalog::Component;
use crate::desired::{Desired, DesiredHost, Resource};
use crate::diff::Action;
use crate::step;
use crate::transport::Command;
use crate::value::RemotePathError;

/// What is to be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The commands of a step.
    Step(Action),
    /// Whether the component is healthy, asked before another one changes.
    Healthy,
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Step(action) => action.as_str(),
            Self::Healthy => "healthy",
        }
    }
}

/// Everything that was rendered.
pub(super) struct Rendered<'a> {
    desired: &'a Desired,
    known: BTreeMap<(&'a str, &'a str, What), (&'a Arc<Resource>, Commands)>,
    checks: BTreeMap<Arc<str>, Arc<[Command]>>,
}

impl<'a> Rendered<'a> {
    pub(super) const fn new(desired: &'a Desired) -> Self {
        Self { desired, known: BTreeMap::new(), checks: BTreeMap::new() }
    }

    /// The commands for `resource`, which is at `address`; none when the cluster has no such
    /// component or host.
    pub(super) fn commands(
        &mut self,
        address: &Address,
        resource: &'a Arc<Resource>,
        what: What,
    ) -> Result<Option<Commands>, RemotePathError> {
        let (Some(component), Some(host)) = (
            self.desired.components.get(&address.component),
            self.desired.hosts.get(&address.host),
        ) else {
            return Ok(None);
        };
        let key = (component.name.as_str(), host.os.as_str(), what);
        let known = self.known.get(&key);
        let same = |one: &Arc<Resource>| Arc::ptr_eq(one, resource) || one == resource;
        if let Some((_, commands)) = known.filter(|(one, _)| same(one)) {
            return Ok(Some(commands.clone()));
        }
        let mut name = format!("{}/{}/{}", component.name, what.as_str(), host.os);
        if known.is_some() {
            // A host that is not like the others of its system.
            name = format!("{name}/{}", address.host);
        }
        let commands = Commands::new(name, render(resource, component, host, what)?);
        if what == What::Healthy {
            let (name, list) = commands.entry();
            self.checks.insert(name, list);
        }
        self.known.entry(key).or_insert_with(|| (resource, commands.clone()));
        Ok(Some(commands))
    }

    /// All checks that were rendered, by name.
    pub(super) fn into_checks(self) -> BTreeMap<Arc<str>, Arc<[Command]>> {
        self.checks
    }
}

fn render(
    resource: &Resource,
    component: &Component,
    host: &DesiredHost,
    what: What,
) -> Result<Vec<Command>, RemotePathError> {
    let staged = step::staged_path(&resource.source)?;
    Ok(match (what, staged) {
        (What::Healthy, _) => vec![step::needed_healthy(resource)],
        (What::Step(Action::Copy), Some(path)) => step::copy(&resource.source, &path),
        (What::Step(Action::Copy), None) => Vec::new(),
        (What::Step(Action::Start), _) => step::start_and_see(resource, &component.limits),
        (What::Step(action), staged) => step::change_package(
            resource,
            staged.as_ref(),
            step::Host { format: host.format, action },
            &component.limits,
        ),
    })
}

//! Control Center with its routes, and which components it may change.

use std::sync::Arc;

use serde::Serialize;

use crate::address::ComponentName;
use crate::catalog::{Catalog, Component, Driver, Kind, Need};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::center::{self, Routes};
use crate::manifest::{self, Manifest};
use crate::source;

/// Who answers for the state of the others, and who vouches for those that log in.
const NEEDED: [&str; 2] = ["control-center", "identity-service"];

/// Control Center, with the requests that it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ControlCenter {
    /// Where it is, and who logs in.
    pub of: manifest::ControlCenter,
    /// The requests that it takes.
    pub routes: Routes,
}

impl ControlCenter {
    /// The components without which it changes nothing.
    #[must_use]
    pub fn is_needed(component: &ComponentName) -> bool {
        NEEDED.contains(&component.as_str())
    }
}

/// Control Center as `manifest` has it; its file of routes is read.
pub(super) fn control_center(
    manifest: &Manifest,
    catalog: &Catalog,
    found: &mut Diagnostics,
) -> Option<ControlCenter> {
    let written = manifest.control_center.as_ref()?;
    let text = match source::read(&manifest.path(&written.value.routes)) {
        Ok(text) => Arc::new(text),
        Err(problem) => {
            let problem = match problem.code {
                Code::FileUnreadable => problem.help(
                    "correct `routes`: the path starts from the manifest's folder; \
                     examples/control-center shows what such a file looks like",
                ),
                _ => *problem,
            };
            let label = Label::new(&manifest.source, written.span.clone(), "its routes");
            found.push(problem.at(label));
            return None;
        }
    };
    let (routes, problems) = center::routes(&text, catalog);
    found.extend(problems);
    Some(ControlCenter { of: written.value.clone(), routes: routes? })
}

/// What is wrong with the driver of `component`.
pub(super) fn check(component: &Component, manifest: &Manifest) -> Option<Diagnostic> {
    let name = &component.name;
    let (message, help) = match component.driver() {
        Driver::ControlCenter if !matches!(component.kind, Kind::Agent | Kind::Instance) => (
            format!(
                "`{name}` can't be changed by Control Center, which changes Workers and instances"
            ),
            "take `driver` out: it is then changed by its package on its host",
        ),
        Driver::ControlCenter if manifest.control_center.is_none() => (
            format!(
                "`{name}` is to be changed by Control Center, and the manifest doesn't say where that is"
            ),
            "write `[control-center]` with `url`, `user` and `password`, and a file with its routes \
             (docs/control-center.md)",
        ),
        Driver::Manual if component.by_hand.is_none() => (
            format!("`{name}` is to be changed by people, and nothing says what they do"),
            "write it as `by-hand = \"…\"`",
        ),
        _ => return None,
    };
    let problem = Diagnostic::new(Code::BadDriver, message).help(help);
    Some(match manifest.components.get(name) {
        Some(over) => problem.at(Label::new(&manifest.source, over.span.clone(), "this component")),
        None => problem,
    })
}

/// What Control Center changes needs it, and those who log in need Identity.
pub(super) fn with_needs(component: Arc<Component>) -> Arc<Component> {
    if component.driver() != Driver::ControlCenter {
        return component;
    }
    let mut component = component;
    let own = Arc::make_mut(&mut component);
    for needed in NEEDED.iter().filter_map(|name| name.parse::<ComponentName>().ok()) {
        if own.name != needed && !own.needs.iter().any(|need| need.component == needed) {
            own.needs.push(Need { component: needed, same_host: false });
        }
    }
    component
}

//! Whether Control Center can be asked for a change.

use super::{Action, Refusal};
use crate::address::Address;
use crate::desired::{Desired, Resource, Source};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::manifest::center::{RouteRequest, Way};

/// What stands in the way of asking Control Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// A route.
    Route(Way),
    /// The package file that the route sends or names.
    File(Way),
}

impl Action {
    /// What Control Center is asked for when this is done.
    #[must_use]
    pub const fn way(self) -> Option<Way> {
        match self {
            Self::Install => Some(Way::Install),
            Self::Upgrade => Some(Way::Upgrade),
            Self::Downgrade => Some(Way::Downgrade),
            Self::Repair => Some(Way::Repair),
            _ => None,
        }
    }
}

/// What is lacking for `action` to bring `resource` to its version by Control Center.
pub(super) fn lacking(
    desired: &Desired,
    address: &Address,
    (resource, action): (&Resource, Action),
) -> Option<Lack> {
    let Source::Center(file) = &resource.source else { return None };
    let way = action.way()?;
    let component = desired.components.get(&address.component)?;
    let routes = desired.control_center.as_ref().map(|center| &center.routes);
    let Some(route) = routes.and_then(|routes| routes.of(way, component)) else {
        return Some(Lack::Route(way));
    };
    let needs_file = route.iter().any(RouteRequest::needs_file);
    (needs_file && file.is_none()).then_some(Lack::File(way))
}

/// The refusal of a change that nobody knows how to ask for.
pub(super) fn refusal(
    desired: &Desired,
    address: &Address,
    (resource, action): (&Resource, Action),
) -> Option<Refusal> {
    let lack = lacking(desired, address, (resource, action))?;
    let routes = desired.control_center.as_ref().map(|center| center.routes.file.clone());
    Some(Refusal::NoRoute { address: address.clone(), lack, file: routes.unwrap_or_default() })
}

/// The refusal as its reader sees it.
pub(super) fn diagnose(
    manifest: &Manifest,
    address: &Address,
    (lack, file): (Lack, &str),
) -> Diagnostic {
    let name = &address.component;
    let (message, help) = match lack {
        Lack::Route(way) => (
            format!(
                "Control Center is to {} {address}, and `{file}` has no `[{}.{name}]`",
                way.as_str(),
                way.as_str()
            ),
            format!(
                "the vendor documents no route for it: do it once in the console of a test cluster, look in \
                 the browser's network view which requests it sends, and write them as \
                 `[[{}.{name}.requests]]` (docs/control-center.md); or let people do it: `driver = \
                 \"manual\"` with `by-hand`",
                way.as_str()
            ),
        ),
        Lack::File(way) => (
            format!(
                "`{file}` sends or names a package file to {} {address}, and the release has none",
                way.as_str()
            ),
            "give the release the package file, with its digest, or write a route that needs none"
                .to_owned(),
        ),
    };
    let problem = Diagnostic::new(Code::NoRoute, message).help(help);
    let place = manifest.components.get(name).map(|over| &over.span);
    match place.or(manifest.control_center.as_ref().map(|center| &center.span)) {
        Some(span) => {
            let label = Label::new(&manifest.source, span.clone(), "changed by Control Center");
            problem.at(label)
        }
        None => problem,
    }
}

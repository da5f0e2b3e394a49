//! What has no form on Windows, and so is refused before a host is touched.

use super::{Probe, Resource, Source};
use crate::catalog::{Component, Format, Health};

/// Why a component can't be on a Windows host.
pub(super) struct Unfit {
    /// What is so, as a clause.
    pub(super) what: String,
    /// What to do next.
    pub(super) help: String,
}

/// What `resource` has that is for POSIX alone; none on other systems.
pub(super) fn unfit(component: &Component, resource: &Resource) -> Option<Unfit> {
    if resource.format != Format::Msi {
        return None;
    }
    let table = format!("`[components.{}.windows]`", component.name);
    let lacks = |what: &str, key: &str| {
        Some(Unfit {
            what: format!("the catalog's {what} is a command line for a POSIX shell"),
            help: format!(
                "write `{key}` for PowerShell under {table}, or keep the component on Linux"
            ),
        })
    };
    let has_probe = matches!(resource.health, Probe::Command(_));
    if has_probe
        && matches!(component.health, Health::Command(_))
        && component.windows.health.is_none()
    {
        return lacks("health probe", "health");
    }
    if component.idle.is_some() && resource.idle.is_none() {
        return lacks("question for what is left to do", "idle");
    }
    if component.rolling.drain.is_some() && resource.drain.is_none() {
        return lacks("draining", "drain");
    }
    if !component.procedure.is_empty() && component.windows.procedure.is_none() {
        return lacks("procedure around a change", "procedure");
    }
    if resource.source == Source::Repository {
        let what = "Windows has no package repository that a host could install it from";
        let help = "name the package file and its digest in the release";
        return Some(Unfit { what: what.to_owned(), help: help.to_owned() });
    }
    let names = [("package", &resource.package), ("unit", &resource.unit)];
    let bad = |name: &str| {
        name.is_empty()
            || name.contains(['"', '%', '!', '*', '?', '[', ']', '`', '\\'])
            || name.chars().any(char::is_control)
    };
    let (key, name) = names.into_iter().find(|(_, name)| bad(name))?;
    Some(Unfit {
        what: format!("no command line can hold its `{key}`, `{}`", name.escape_debug()),
        help: format!("correct `{key}.msi` of the component"),
    })
}

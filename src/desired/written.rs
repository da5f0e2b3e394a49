//! What manifest, release and catalog say of one subject, as keys with short values: two of them can be
//! compared key by key, also when one was kept in a plan.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Desired, Resource};
use crate::address::{Address, ComponentName, HostName};
use crate::value::Digest;

/// Keys with their values; long ones as their SHA-256.
pub type Keys = BTreeMap<String, String>;

/// Where in memory it stands what is written of a component on a host.
pub type Shared = [usize; 4];

/// The key of what is done around a change: whole scripts, of which what is run is in the plan's commands.
const PROCEDURE: &str = "procedure";
/// The key of what steps should take, which changes nothing that they do.
const DURATIONS: &str = "durations";
/// How many keys deep values are told apart.
const DEEP: usize = 8;

/// The longest value that stands for itself.
const LONGEST: usize = 96;

/// What something can be written of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<'a> {
    /// The cluster as a whole.
    Cluster,
    /// What has to be so before stage 2.
    Gates,
    /// The checks before anything changes.
    Preflight,
    /// What is looked at in the end.
    After,
    /// Checks that it goes without.
    Waivers,
    /// The test scans.
    Scan,
    /// Who is told.
    Notices,
    /// What is trusted on the way to hosts.
    Connections,
    /// Which hosts give package files to others.
    Copying,
    /// Control Center.
    ControlCenter,
    /// Hot backup of MD Core.
    Standby,
    /// A host.
    Host(&'a HostName),
    /// A component, by the catalog and what the manifest has otherwise.
    Component(&'a ComponentName),
    /// A component on a host.
    Resource(&'a HostName, &'a ComponentName),
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("[cluster]"),
            Self::Gates => f.write_str("[gates]"),
            Self::Preflight => f.write_str("[preflight]"),
            Self::After => f.write_str("[after]"),
            Self::Waivers => f.write_str("[[waivers]]"),
            Self::Scan => f.write_str("[scan]"),
            Self::Notices => f.write_str("[[notices]]"),
            Self::Connections => f.write_str("[connections]"),
            Self::Copying => f.write_str("[copying]"),
            Self::ControlCenter => f.write_str("[control-center]"),
            Self::Standby => f.write_str("[standby]"),
            Self::Host(host) => write!(f, "host {host}"),
            Self::Component(component) => write!(f, "component {component}"),
            Self::Resource(host, component) => write!(f, "{host}/{component}"),
        }
    }
}

impl Desired {
    /// What is written of `subject`; nothing of what isn't there.
    #[must_use]
    pub fn written(&self, subject: Subject<'_>) -> Keys {
        match subject {
            Subject::Cluster => keys(&[
                ("name", Some(&self.cluster as &dyn Erased)),
                ("environment", Some(&self.environment)),
                ("release", Some(&self.release)),
                ("allow-downgrade", Some(&self.allow_downgrade)),
            ]),
            Subject::Gates => keys(&[("", Some(&self.gates))]),
            Subject::Preflight => keys(&[("", Some(&self.preflight))]),
            Subject::After => keys(&[("", Some(&self.after))]),
            Subject::Waivers => keys(&[("", Some(&self.waivers))]),
            Subject::Scan => keys(&[("", some(self.scan.as_ref()))]),
            Subject::Notices => keys(&[("", Some(&self.notices))]),
            Subject::Connections => keys(&[("warns", Some(&self.cautions))]),
            Subject::Copying => keys(&[("", some(Some(&self.relays).filter(|it| !it.is_empty())))]),
            Subject::ControlCenter => keys(&[("", some(self.control_center.as_ref()))]),
            Subject::Standby => keys(&[("", some(self.standby.as_ref()))]),
            Subject::Host(host) => keys(&[("", some(self.hosts.get(host)))]),
            Subject::Component(name) => {
                keys_down_to(1, &[("", some(self.components.get(name).map(|it| &**it)))])
            }
            Subject::Resource(host, component) => {
                self.of_resource(&Address::new(host.clone(), component.clone()))
            }
        }
    }

    /// What tells subjects of which the same is written, without looking at it; none where nothing does.
    #[must_use]
    pub fn shared(&self, subject: Subject<'_>) -> Option<Shared> {
        let Subject::Resource(host, component) = subject else { return None };
        let at = Address::new(host.clone(), component.clone());
        let place = |all: &BTreeMap<Address, Arc<Resource>>| {
            all.get(&at).map_or(0, |it| Arc::as_ptr(it).addr())
        };
        let files = self.files.get(&at).map_or(0, |it| it.as_ptr().addr());
        Some([place(&self.resources), place(&self.removed), place(&self.previous), files])
    }

    fn of_resource(&self, at: &Address) -> Keys {
        let removed = self.removed.get(at).map(|_| true);
        keys(&[
            ("", some(self.resources.get(at).or_else(|| self.removed.get(at)).map(|it| &**it))),
            ("removed", some(removed.as_ref())),
            ("before", some(self.previous.get(at).map(|it| &**it))),
            (
                "files",
                some(self.files.get(at).map(|it| &**it).filter(|it| !it.is_empty()).as_ref()),
            ),
        ])
    }
}

/// Anything that can be written as JSON.
trait Erased {
    fn json(&self) -> Value;
}

impl<T: Serialize> Erased for T {
    fn json(&self) -> Value {
        // Nothing desired can fail to become JSON: all keys are texts and all numbers are whole.
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn some<T: Serialize>(value: Option<&T>) -> Option<&dyn Erased> {
    value.map(|value| value as &dyn Erased)
}

fn keys(parts: &[(&str, Option<&dyn Erased>)]) -> Keys {
    keys_down_to(DEEP, parts)
}

fn keys_down_to(depth: usize, parts: &[(&str, Option<&dyn Erased>)]) -> Keys {
    let mut keys = Keys::new();
    for (name, part) in parts {
        if let Some(part) = part {
            flatten(name, part.json(), depth, &mut keys);
        }
    }
    keys
}

fn flatten(path: &str, value: Value, depth: usize, keys: &mut Keys) {
    let below = |key: &str| {
        if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
    };
    match value {
        Value::Null => {}
        Value::Array(items) if items.is_empty() && path.is_empty() => {}
        Value::Object(map) if depth > 0 && !path.ends_with(PROCEDURE) => {
            for (key, value) in map.into_iter().filter(|(key, _)| key != DURATIONS) {
                flatten(&below(&key), value, depth - 1, keys);
            }
        }
        Value::Array(items) if depth > 0 && items.iter().any(Value::is_object) => {
            for (place, item) in items.into_iter().enumerate() {
                let name = ["name", "check", "path"].iter().find_map(|key| item.get(key)?.as_str());
                let name = name.map_or_else(|| (place + 1).to_string(), short);
                flatten(&below(&name), item, depth - 1, keys);
            }
        }
        Value::String(text) => drop(keys.insert(path.to_owned(), short(&text))),
        other => drop(keys.insert(path.to_owned(), short(&other.to_string()))),
    }
}

fn short(text: &str) -> String {
    if text.len() <= LONGEST && !text.contains('\n') {
        text.to_owned()
    } else {
        format!("sha256:{}", Digest::of(text.as_bytes()))
    }
}

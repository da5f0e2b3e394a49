//! What the templates of files can use.

use serde_json::{Map, Value, json};

use super::super::placed::Placed;
use super::{Here, secret_mark};
use crate::address::ComponentName;
use crate::catalog::Component;
use crate::manifest::{Host, Manifest};

/// Variables with their values, and the names by which templates use them.
pub(super) struct Variables {
    pub(super) values: Value,
    pub(super) names: Vec<String>,
}

impl Variables {
    /// Those of `component` on one host.
    pub(super) fn of(
        manifest: &Manifest,
        placed: &Placed<'_>,
        (component, (name, host)): (&Component, Here<'_>),
        version: Option<&str>,
    ) -> Self {
        let secrets = component.secrets.keys();
        let secrets: Map<String, Value> =
            secrets.map(|name| (name.clone(), Value::String(secret_mark(name)))).collect();
        let at = placed.iter().filter_map(|(name, (component, _))| {
            Some(((*name).to_string(), places(manifest, name, component).into_iter().next()?))
        });
        let values = json!({
            "values": component.values,
            "secrets": secrets,
            "ports": component.ports,
            "host": { "name": name, "address": host.address, "labels": host.labels },
            "cluster": {
                "name": manifest.cluster.name, "environment": manifest.cluster.environment
            },
            "version": version,
            "at": at.collect::<Map<_, _>>(),
        });
        let mut names = Vec::new();
        name_all("", &values, &mut names);
        let all: Map<String, Value> = placed
            .iter()
            .map(|(name, (component, _))| {
                let addresses = places(manifest, name, component);
                let address = |place: &Value| place.get("address").cloned().unwrap_or_default();
                (name.to_string(), addresses.iter().map(address).collect())
            })
            .collect();
        names.extend(all.keys().map(|name| format!("all.{name}")));
        let mut values = values;
        if let Value::Object(values) = &mut values {
            values.insert("all".to_owned(), Value::Object(all));
        }
        Self { values, names }
    }
}

/// Where the component is, in the order of hosts.
fn places(manifest: &Manifest, name: &ComponentName, component: &Component) -> Vec<Value> {
    let hosts = manifest.hosts.iter().filter(|(_, host)| host.components.contains_key(name));
    let place = |(name, host): (_, &Host)| json!({ "name": name, "address": host.address, "ports": component.ports });
    hosts.map(place).collect()
}

/// The names of everything in `value` that is not a table.
fn name_all(before: &str, value: &Value, names: &mut Vec<String>) {
    let Value::Object(table) = value else {
        names.push(before.to_owned());
        return;
    };
    for (key, value) in table {
        let name = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        name_all(&name, value, names);
    }
}

//! The places for secrets: those of the schema, each with a command that reads it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::scene::Scene;
use crate::{cores, gateway, simulated, ssh, windows};

/// A place, by the schema's names.
struct Place {
    name: &'static str,
    /// Where a secret stands in it; nowhere on a machine that lacks what that needs.
    scene: fn() -> Option<Scene>,
    /// What needs the secret, and how it ends without it.
    read_by: (&'static [&'static str], i32),
}

const APPLY: (&[&str], i32) = (&["apply", "--yes"], 1);
const NOTIFY: (&[&str], i32) = (&["notify", "--test"], 1);
const DOCTOR: (&[&str], i32) = (&["doctor", "web-1"], 1);

const PLACES: [Place; 19] = [
    Place { name: "CenterText.password", scene: gateway::center, read_by: APPLY },
    Place {
        name: "ClusterText.state.password",
        scene: gateway::database,
        read_by: (&["history"], 1),
    },
    Place { name: "CoreText.license-file", scene: cores::offline, read_by: APPLY },
    Place { name: "EmailText.password", scene: simulated::fresh, read_by: NOTIFY },
    Place { name: "HistoryText.api-key", scene: gateway::history, read_by: APPLY },
    Place { name: "Override.secrets", scene: simulated::fresh, read_by: APPLY },
    Place { name: "ScanText.api-key", scene: gateway::scan, read_by: APPLY },
    Place { name: "SecretHeaderText.value", scene: simulated::fresh, read_by: NOTIFY },
    Place { name: "SshConnection.passphrase", scene: ssh::by_key, read_by: DOCTOR },
    Place { name: "SshConnection.password", scene: ssh::by_password, read_by: DOCTOR },
    Place { name: "StandbyText.activation-key", scene: cores::online, read_by: APPLY },
    Place { name: "StandbyText.api-key", scene: cores::by_key, read_by: APPLY },
    Place { name: "StandbyText.password", scene: cores::online, read_by: APPLY },
    Place { name: "StandbyText.settings-password", scene: cores::online, read_by: APPLY },
    Place { name: "Sudo.password", scene: ssh::by_key, read_by: DOCTOR },
    Place { name: "WebhookText.secret-path", scene: simulated::fresh, read_by: NOTIFY },
    Place { name: "WinrmText.key", scene: windows::by_certificate, read_by: DOCTOR },
    Place { name: "WinrmText.password", scene: windows::by_password, read_by: DOCTOR },
    Place {
        name: "component.secrets",
        scene: simulated::catalog,
        read_by: (&["apply", "--yes", "--catalog", "catalog"], 1),
    },
];

/// The places of a schema that can hold a reference to a secret.
fn places(schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    let is_secret =
        |value: &Value| value["$ref"].as_str().is_some_and(|it| it.ends_with("/SecretReference"));
    match schema {
        Value::Object(keys) => {
            for (key, value) in keys {
                let below = match key.as_str() {
                    "$defs" => {
                        let defs = value.as_object().unwrap().iter();
                        defs.for_each(|(name, it)| places(it, name, found));
                        continue;
                    }
                    "properties" => {
                        for (key, value) in value.as_object().unwrap() {
                            let name = format!("{name}.{key}");
                            let parts = ["anyOf", "oneOf"].map(|of| value[of].as_array().cloned());
                            let mut parts = parts.into_iter().flatten().flatten();
                            if is_secret(value)
                                || is_secret(&value["additionalProperties"])
                                || parts.any(|part| is_secret(&part))
                            {
                                found.insert(name);
                            } else {
                                places(value, &name, found);
                            }
                        }
                        continue;
                    }
                    _ => name,
                };
                places(value, below, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| places(it, name, found)),
        _ => {}
    }
}

#[test]
fn every_place_for_a_secret_is_covered() {
    let mut found = BTreeSet::new();
    for name in ["manifest", "release", "component"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        places(&schema, name, &mut found);
    }
    let covered: BTreeSet<String> = PLACES.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(found, covered, "give a new place for secrets a canary");
}

/// What no command reads could never be seen to leak.
#[test]
fn every_place_is_read_by_a_command() {
    for place in &PLACES {
        let Some(scene) = (place.scene)() else { continue };
        let (words, status) = place.read_by;
        scene.lacks(place.name, words, status);
    }
}

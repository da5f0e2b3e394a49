use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde_json::Value;

use super::*;
use crate::catalog;
use crate::value::{Period, SecretReference};

const HEAD: &str = "format-version = 1\n[cluster]\nname = \"lab\"\nenvironment = \"test\"\n\
    release = \"r.toml\"\n";

fn good(rest: &str) -> Manifest {
    let (manifest, found) = parse("mdc.toml", &format!("{HEAD}{rest}"), ".".into());
    assert!(found.is_empty(), "{found:?}");
    manifest.unwrap()
}

#[test]
fn ranges_and_defaults_are_filled_in() {
    let manifest = good(
        "[connections.fleet.ssh]\n[defaults]\nconnection = \"fleet\"\nos = \"debian-12\"\n\
         [hosts.\"core-[09..11]\"]\naddress = \"10.0.0.[19..21]\"\ncomponents = [\"worker\"]\n\
         [hosts.\"gate-[a,b]\"]\nos = \"rocky-9\"\ncomponents = [\"worker\"]\nlabels = { zone = \"a\" }\n",
    );
    let hosts: Vec<_> = manifest
        .hosts
        .iter()
        .map(|(name, host)| (name.as_str(), host.address.as_str(), host.os.as_str()))
        .collect();
    assert_eq!(
        hosts,
        [
            ("core-09", "10.0.0.19", "debian-12"),
            ("core-10", "10.0.0.20", "debian-12"),
            ("core-11", "10.0.0.21", "debian-12"),
            ("gate-a", "gate-a", "rocky-9"),
            ("gate-b", "gate-b", "rocky-9"),
        ]
    );
    assert_eq!(manifest.cluster.state, State::Folder(".mdc".into()));
    assert_eq!(manifest.hosts["gate-b"].labels["zone"], "a");
    let host = &manifest.hosts["core-10"];
    assert_eq!(&manifest.source.text[host.span.clone()], "\"core-[09..11]\"");
    assert_eq!(&manifest.source.text[host.os_span.clone()], "\"debian-12\"");
}

#[test]
fn every_key_of_a_connection_is_read() {
    let manifest = good(
        "[connections.fleet.ssh]\nuser = \"ops\"\nport = 2222\nkeys = [\"a\", \"b\"]\n\
         certificate = \"a-cert.pub\"\npassphrase = { env = \"P\" }\npassword = { file = \"pw\" }\n\
         agent = false\nknown-hosts = \"kh\"\njump = [\"ops@bastion:22\"]\nssh-config = \"cfg\"\n\
         sudo = { password = { command = [\"pass\", \"show\"] } }\n\
         timeouts = { connect = \"1s\", login = \"2s\", keepalive = \"3s\" }\n\
         [hosts.a]\nconnection = \"fleet\"\nos = \"debian-12\"\ncomponents = [\"redis\"]\n",
    );
    let Connection::Ssh(ssh) = &manifest.connections["fleet"] else { panic!() };
    let expected = SshConnection {
        user: Some("ops".into()),
        port: Some(2222),
        keys: vec!["a".into(), "b".into()],
        certificate: Some("a-cert.pub".into()),
        passphrase: Some(SecretReference::Env("P".into())),
        password: Some(SecretReference::File("pw".into())),
        agent: Some(false),
        known_hosts: vec!["kh".into()],
        jump: vec!["ops@bastion:22".into()],
        ssh_config: Some("cfg".into()),
        sudo: Sudo::Password(SecretReference::Command(vec!["pass".into(), "show".into()])),
        timeouts: SshTimeouts {
            connect: "1s".parse().unwrap(),
            login: "2s".parse().unwrap(),
            keepalive: "3s".parse().unwrap(),
            silence: SshTimeouts::default().silence,
        },
    };
    assert_eq!(**ssh, expected);
}

#[test]
fn runs_are_recorded_in_a_folder_or_in_a_database() {
    let state = |text: &str| {
        let host = "[connections.f.ssh]\n[hosts.a]\nconnection = \"f\"\nos = \"debian-12\"\n\
                    components = [\"redis\"]\n";
        good(&format!("state = {text}\n{host}")).cluster.state
    };
    assert_eq!(state("\"runs\""), State::Folder("runs".into()));
    let expected = PostgresState {
        address: "postgresql://mdc@db/mdc".into(),
        password: Some(SecretReference::Env("PGPASSWORD".into())),
        ca: Some("ca.pem".into()),
        encrypted: true,
        site: "east".into(),
    };
    let whole = "{ postgres = \"postgresql://mdc@db/mdc\", password = { env = \"PGPASSWORD\" }, \
                 ca = \"ca.pem\", tls = \"verify-full\", site = \"east\" }";
    assert_eq!(state(whole), State::Postgres(Box::new(expected.clone())));
    let local = PostgresState {
        address: "postgresql:///mdc?host=/run/postgresql".into(),
        password: None,
        ca: None,
        encrypted: false,
        site: "lab/test".into(),
    };
    let short = "{ postgres = \"postgresql:///mdc?host=/run/postgresql\" }";
    assert_eq!(state(short), State::Postgres(Box::new(local)));
}

#[test]
fn one_key_may_be_written_without_a_list() {
    let rest = |key: &str| {
        format!(
            "[connections.f.ssh]\n{key} = \"id\"\n[hosts.a]\nconnection = \"f\"\nos = \"debian-12\"\ncomponents = [\"redis\"]\n"
        )
    };
    for key in ["key", "keys"] {
        let manifest = good(&rest(key));
        let Connection::Ssh(ssh) = &manifest.connections["f"] else { panic!() };
        assert_eq!(ssh.keys, [Utf8PathBuf::from("id")], "{key}");
    }
}

fn example(name: &str) -> Value {
    let path = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart").join(name);
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_examples_are_valid_by_the_schemas() {
    for (schema, file) in [
        (schema(), "mdc.toml"),
        (release::schema(), "release-a.toml"),
        (release::schema(), "release-b.toml"),
    ] {
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&example(file))
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
    }
    let validator = jsonschema::draft202012::new(&catalog::schema()).unwrap();
    let folder = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/catalog/components");
    for entry in folder.read_dir_utf8().unwrap() {
        let file = entry.unwrap().path().join("component.toml");
        let value: Value = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(validator.is_valid(&value), "{file}");
    }
}

#[test]
fn the_schemas_refuse_what_the_reader_refuses() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    for (at, wrong) in [
        ("/cluster/name", Value::from("two words")),
        ("/cluster/nam", Value::from("x")),
        ("/hosts/db-01/components", Value::from("redis")),
        ("/connections/sim/local", Value::Object(serde_json::Map::new())),
        ("/components/md-core/at-once", Value::from(0)),
        ("/format-version", Value::from(2)),
    ] {
        let mut manifest = example("mdc.toml");
        let (table, key) = at.rsplit_once('/').unwrap();
        let table =
            if table.is_empty() { Some(&mut manifest) } else { manifest.pointer_mut(table) };
        table.unwrap()[key] = wrong;
        assert!(!validator.is_valid(&manifest), "{at}");
        let text = toml::to_string(&manifest).unwrap();
        assert!(parse("m", &text, ".".into()).0.is_none(), "{at}");
    }
}

#[test]
fn a_host_without_anything_on_it_is_refused() {
    let mut manifest = example("mdc.toml");
    manifest["hosts"]["db-01"]["components"] = Value::Array(Vec::new());
    let text = toml::to_string(&manifest).unwrap();
    assert!(parse("m", &text, ".".into()).0.is_none());
}

/// A description for every key, because editors show it and messages quote it.
#[test]
fn every_key_has_a_description() {
    for schema in [schema(), release::schema(), catalog::schema()] {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let mut without = BTreeSet::new();
        undescribed(&schema, "", &mut without);
        assert!(without.is_empty(), "{without:#?}");
    }
}

fn undescribed(node: &Value, path: &str, without: &mut BTreeSet<String>) {
    if let Some(variants) = node["oneOf"].as_array() {
        without.extend(
            variants.iter().filter(|v| v["description"].is_null()).map(|v| format!("{path}: {v}")),
        );
        return;
    }
    for (key, property) in node["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        if property["description"].is_null() {
            without.insert(path.clone());
        }
        undescribed(property, &path, without);
    }
    for (name, definition) in node["$defs"].as_object().into_iter().flatten() {
        undescribed(definition, name, without);
    }
}

#[test]
fn a_load_has_the_shape_of_the_vendors_benchmark_or_its_own() {
    let load = |load: &str| {
        let manifest = good(&format!(
            "[connections.here.local]\n[hosts.gw]\nos = \"debian-12\"\nconnection = \"here\"\n\
             components = [\"api-gateway\"]\n[scan]\nurl = \"https://gw:8899/\"\n[load]\n{load}\n"
        ));
        assert_eq!(manifest.scan.as_ref().unwrap().url, "https://gw:8899");
        let load = manifest.load.unwrap();
        (load.size.bytes(), load.at_once, load.every, load.count)
    };
    let second = Period::seconds(1);
    for (text, expected) in [
        ("shape = \"archives\"", (56_000_000, 1, second, Some(400))),
        ("shape = \"archives\"\nscaled-down = 1000", (56_000, 1, second, Some(400))),
        ("shape = \"cabinets\"\ncount = 8", (715_000_000, 4, second, Some(8))),
        ("shape = \"cabinets\"\nscaled-down = 4000000000", (1, 4, second, Some(4))),
        ("size = \"2MB\"", (2_000_000, 1, second, None)),
        ("size = \"2MB\"\nat-once = 3\nevery = \"5ms\"", (2_000_000, 3, Period::millis(5), None)),
    ] {
        assert_eq!(load(text), expected, "{text}");
    }
}

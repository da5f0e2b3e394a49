use std::fmt::Write as _;

use camino::Utf8Path;

use super::*;
use crate::catalog::{self, Catalog};
use crate::manifest::{self, Manifest, Release, release};

fn quickstart() -> (Manifest, Release, Catalog) {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let (manifest, found) = manifest::read(&folder.join("mdc.toml"));
    assert!(found.is_empty(), "{found:?}");
    let manifest = manifest.unwrap();
    let (release, found) = manifest.read_release();
    assert!(found.is_empty(), "{found:?}");
    (manifest, release.unwrap(), catalog::load(&[]).0)
}

fn desired(manifest: &Manifest, release: &Release, catalog: &Catalog) -> Desired {
    let (desired, found) = resolve(manifest, release, catalog);
    assert!(found.is_empty(), "{found:?}");
    desired.unwrap()
}

#[test]
fn the_quickstart_resolves_completely() {
    let (manifest, release, catalog) = quickstart();
    let desired = desired(&manifest, &release, &catalog);
    assert_eq!(
        (desired.hosts.len(), desired.components.len(), desired.resources.len()),
        (12, 10, 20)
    );
    let resource = |address: &str| &desired.resources[&address.parse().unwrap()];
    let gate = resource("gate-01/worker");
    assert_eq!(
        (gate.package.as_str(), gate.unit.as_str()),
        ("md-cluster-worker", "md-cluster-worker")
    );
    assert_eq!(gate.health, Probe::Http("http://127.0.0.1:8893/readyz".into()));
    let Source::File { path, size, .. } = &gate.source else { panic!("{gate:?}") };
    assert_eq!(path, "packages/md-cluster-worker-2.9.0-1.x86_64.rpm");
    assert_eq!(*size, 6256);
    let database = resource("db-01/postgresql");
    assert_eq!(
        (database.package.as_str(), &database.source),
        ("postgresql-16", &Source::Repository)
    );
    assert_eq!(database.health, Probe::Command("pg_isready -q -p 5432".into()));
    assert_eq!(desired.hosts["core-03"].address, "10.0.1.13");
    assert_eq!(desired.hosts["core-03"].format, Format::Deb);
}

#[test]
fn the_first_release_of_the_quickstart_resolves_too() {
    let (mut manifest, _, catalog) = quickstart();
    manifest.cluster.release = "release-a.toml".into();
    let (release, found) = manifest.read_release();
    assert!(found.is_empty(), "{found:?}");
    let older = desired(&manifest, &release.unwrap(), &catalog);
    assert_eq!(older.resources[&"core-01/md-core".parse().unwrap()].version.as_str(), "5.18.1");
}

/// Comments, order and the folder don't count; anything that would change a plan does.
#[test]
fn the_digest_is_of_the_meaning() {
    let (manifest, release, catalog) = quickstart();
    let digest = desired(&manifest, &release, &catalog).digest();
    let folder = manifest.folder.clone();
    let with = |text: &str| {
        let (manifest, found) = manifest::parse("other.toml", text, &folder);
        assert!(found.is_empty(), "{found:?}");
        desired(&manifest.unwrap(), &release, &catalog).digest()
    };
    let text = &manifest.source.text;
    assert_eq!(with(&format!("# another comment\n\n{text}")), digest);
    assert_eq!(
        with(&text.replace("[\"worker\", \"md-core\"]", "[\"md-core\", \"worker\"]")),
        digest
    );
    assert_eq!(with(&text.replace("speed = 20", "speed = 1")), digest);
    for (old, new) in [
        ("at-once = 2", "at-once = 3"),
        ("\"quickstart\"", "\"quickstop\""),
        (
            "core-[01..04]\"]\naddress = \"10.0.1.[11..14]",
            "core-[01..04]\"]\naddress = \"10.0.1.[21..24]",
        ),
        ("\nrelease = ", "\nallow-downgrade = true\nrelease = "),
        ("rocky-9", "rhel-9"),
    ] {
        assert!(text.contains(old), "{old}");
        assert_ne!(with(&text.replace(old, new)), digest, "{new}");
    }
}

/// The way back is part of what a plan rests on, and its files are found from the release's folder.
#[test]
fn what_was_before_belongs_to_what_is_desired() {
    let (manifest, release, catalog) = quickstart();
    let mut desired = desired(&manifest, &release, &catalog);
    let digest = desired.digest();
    let (previous, found) = manifest.read_previous_release().unwrap();
    assert!(found.is_empty(), "{found:?}");
    let elsewhere = release.folder.join("releases");
    let found = desired.come_from(&manifest, &previous.unwrap(), &elsewhere);
    assert!(found.is_empty(), "{found:?}");
    assert_ne!(desired.digest(), digest);
    let core = desired.before(&"core-01/md-core".parse().unwrap()).unwrap();
    assert_eq!(core.version.as_str(), "5.18.1");
    let Source::File { path, .. } = &core.source else { panic!("{core:?}") };
    assert_eq!(path, "../packages/md-core_5.18.1-1_amd64.deb");
}

#[test]
fn the_most_exact_package_is_taken() {
    let catalog = catalog::load(&[]).0;
    let release = "format-version = 1\nname = \"r\"\n[components.redis]\nversion = \"8.0\"\n\
        [components.redis.packages]\ndeb = { repository = \"a\" }\ndebian = { repository = \"b\" }\n\
        debian-12 = { repository = \"c\" }\nrpm = { repository = \"d\" }\n";
    let (release, found) = release::parse("r", release, ".".into());
    assert!(found.is_empty(), "{found:?}");
    let mut text = "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"e\"\n\
        release = \"r\"\n[connections.x.ssh]\n[defaults]\nconnection = \"x\"\n"
        .to_owned();
    for (host, os) in
        [("h1", "debian-12"), ("h2", "debian-13"), ("h3", "ubuntu-24.04"), ("h4", "rocky-9")]
    {
        writeln!(text, "[hosts.{host}]\nos = \"{os}\"\ncomponents = [\"redis\"]").unwrap();
    }
    let (manifest, found) = manifest::parse("m", &text, ".".into());
    assert!(found.is_empty(), "{found:?}");
    let desired = desired(&manifest.unwrap(), &release.unwrap(), &catalog);
    let packages: Vec<&str> = desired.resources.values().map(|r| r.package.as_str()).collect();
    assert_eq!(packages, ["c", "b", "a", "d"]);
}

/// 10,000 hosts with 40,000 resources. The bound is loose, for slow machines and unoptimised
/// builds; a resolution that isn't linear would take minutes.
#[test]
fn resolving_is_linear() {
    let catalog = catalog::load(&[]).0;
    let release = ["postgresql", "redis", "rabbitmq", "file-storage"].iter().fold(
        "format-version = 1\nname = \"r\"\n".to_owned(),
        |text, name| {
            format!("{text}[components.{name}]\nversion = \"15.0\"\npackages.deb = {{ repository = \"{name}\" }}\n")
        },
    );
    let (release, _) = release::parse("r", &release, ".".into());
    let (manifest, found) = manifest::parse(
        "m",
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"e\"\nrelease = \"r\"\n\
         [connections.x.ssh]\n[defaults]\nconnection = \"x\"\nos = \"debian-12\"\n\
         [hosts.\"h-[00001..10000]\"]\ncomponents = [\"postgresql\", \"redis\", \"rabbitmq\", \"file-storage\"]\n",
        ".".into(),
    );
    assert!(found.is_empty(), "{found:?}");
    let (manifest, release) = (manifest.unwrap(), release.unwrap());
    let start = std::time::Instant::now();
    let desired = desired(&manifest, &release, &catalog);
    let took = start.elapsed();
    assert_eq!((desired.hosts.len(), desired.resources.len()), (10_000, 40_000));
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn hosts_that_fetch_from_this_machine_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("mdc.toml");
    let text = include_str!("../../tests/diagnostics/winrm-unverified/mdc.toml");
    std::fs::write(&path, text.replace("unverified = true", "transfer = \"pull\"")).unwrap();
    let told = caution::cautions(&manifest::read(&path).0.unwrap());
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.starts_with("hosts of the connection win fetch package files"), "{told}");
    assert!(told.ends_with("(winrm::pull)"), "{told}");
}

/// In the quickstart only deb hosts have `md-core`: what another system would get is no reason to wait.
#[test]
fn only_package_files_that_some_host_needs_are_read() {
    let (manifest, release, catalog) = quickstart();
    let packages = |release: Release| {
        let mut packages = package::Packages::new(Box::leak(Box::new(release)), &manifest.source);
        packages.read(manifest.hosts.values(), &|name| {
            catalog.components().find(|it| it.name == *name).map(|it| &**it)
        });
        packages.files_read()
    };
    let read = packages(release.clone());
    assert!(read.iter().any(|path| path.ends_with("worker-2.9.0-1.x86_64.rpm")), "{read:?}");
    let mut more = release;
    let [worker, core] = ["worker", "md-core"].map(|name| name.parse::<ComponentName>().unwrap());
    let mut rpm = more.components[&worker].packages["rpm"].clone();
    let manifest::PackageSource::File { path, .. } = &mut rpm.source else { panic!("{rpm:?}") };
    *path = "packages/for-nobody.rpm".into();
    more.components.get_mut(&core).unwrap().packages.insert("rpm".to_owned(), rpm);
    assert_eq!(packages(more), read);
}

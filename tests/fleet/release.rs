//! Releases for a scenario: what the fleet's release B says, with some components held back or in
//! a version that misbehaves.

use std::fs;
use std::path::Path;

use mdc::value::Digest;
use toml::{Table, Value};

pub(crate) const INFRASTRUCTURE: [&str; 3] = ["postgresql", "rabbitmq", "redis"];
pub(crate) const PRODUCTS: [&str; 7] = [
    "identity-service",
    "control-center",
    "worker",
    "md-core",
    "api-gateway",
    "callback-service",
    "file-storage",
];

pub(crate) struct Release {
    table: Table,
    of_a: Table,
    packages: std::path::PathBuf,
}

impl Release {
    /// Release B: all ten components in new versions.
    pub(crate) fn b(site: &Path) -> Self {
        let read =
            |name: &str| -> Table { fs::read_to_string(site.join(name)).unwrap().parse().unwrap() };
        let (table, of_a) = (read("release-b.toml"), read("release-a.toml"));
        Self { table, of_a, packages: site.to_owned() }
    }

    /// Release A, but for the named components, which are as in B. The Worker of exec-02 is ahead
    /// of A, so that A itself would be a downgrade: the Workers are always those of B.
    pub(crate) fn moving(site: &Path, components: &[&str]) -> Self {
        let mut release = Self::b(site);
        let stays = |name: &&str| !components.contains(name) && *name != "worker";
        for name in PRODUCTS.iter().chain(&INFRASTRUCTURE).filter(|name| stays(name)) {
            let entry = release.of_a["components"][*name].clone();
            release.components().insert((*name).to_owned(), entry);
        }
        release
    }

    /// The product `component` in another version.
    pub(crate) fn with(mut self, component: &str, version: &str) -> Self {
        let folder = self.packages.clone();
        let entry = self.components()[component].as_table_mut().unwrap();
        let before = entry.insert("version".to_owned(), version.into()).unwrap();
        for (_, package) in entry["packages"].as_table_mut().unwrap() {
            let package = package.as_table_mut().unwrap();
            let file = package["file"].as_str().unwrap();
            let file = file.replace(before.as_str().unwrap(), version);
            let digest = Digest::of(&fs::read(folder.join(&file)).unwrap());
            package.insert("file".to_owned(), file.into());
            package.insert("sha256".to_owned(), digest.to_string().into());
        }
        self
    }

    /// `component` as this package of the hosts' own repositories.
    pub(crate) fn by_repository(mut self, component: &str, package: &str, version: &str) -> Self {
        let entry = self.components()[component].as_table_mut().unwrap();
        entry.insert("version".to_owned(), version.into());
        let source = Table::from_iter([("repository".to_owned(), Value::from(package))]);
        let packages = entry["packages"].as_table_mut().unwrap();
        for format in ["deb", "rpm"] {
            packages.insert(format.to_owned(), source.clone().into());
        }
        self
    }

    /// The version that the release pins.
    pub(crate) fn version(&self, component: &str) -> &str {
        self.table["components"][component]["version"].as_str().unwrap()
    }

    pub(crate) fn to_text(&self) -> String {
        toml::to_string(&self.table).unwrap()
    }

    fn components(&mut self) -> &mut Table {
        match self.table.get_mut("components") {
            Some(Value::Table(components)) => components,
            other => panic!("{other:?}"),
        }
    }
}

//! Where the cluster comes from: what every resource is in the release before, for the way back.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::package::Packages;
use super::questions::Questions;
use super::{Desired, Resource, Source, Upload};
use crate::address::Address;
use crate::diagnostic::{Code, Diagnostics};
use crate::manifest::{Manifest, Release};

impl Desired {
    /// Takes in what `previous` has for each resource; a component or a system that it doesn't have
    /// has no way back. `folder` is where the package files of the desired release start. Reads the
    /// package files of `previous` on this machine.
    pub fn come_from(
        &mut self,
        manifest: &Manifest,
        previous: &Release,
        folder: &Utf8Path,
    ) -> Diagnostics {
        let way = way(folder, &previous.folder);
        let mut packages = Packages::new(previous, &manifest.source);
        packages.read(manifest.hosts.values(), &|name| Some(&**self.components.get(name)?));
        // Hosts of one system share a resource, and what it was.
        let mut moved: BTreeMap<*const Resource, Arc<Resource>> = BTreeMap::new();
        for (address, resource) in &self.resources {
            let (Some(component), Some(host)) =
                (self.components.get(&address.component), manifest.hosts.get(&address.host))
            else {
                continue;
            };
            let questions = Questions::of_resource(resource);
            let before = packages.resource(component, &questions, host, resource.format);
            if let Some(before) = before {
                let place = Arc::as_ptr(&before);
                let before = moved.entry(place).or_insert_with(|| from(&before, &way));
                self.previous.insert(address.clone(), Arc::clone(before));
            }
        }
        let lacking = [Code::NoPackage, Code::NoFormat, Code::WindowsForm];
        packages.into_problems().into_iter().filter(|it| !lacking.contains(&it.code)).collect()
    }

    /// What the resource at `address` is in the release that the cluster comes from.
    #[must_use]
    pub fn before(&self, address: &Address) -> Option<&Arc<Resource>> {
        self.previous.get(address)
    }
}

/// The way from one folder to another.
fn way(from: &Utf8Path, to: &Utf8Path) -> Utf8PathBuf {
    if from == to {
        return Utf8PathBuf::new();
    }
    let between = |from: &Utf8Path, to: &Utf8Path| {
        pathdiff::diff_utf8_paths(to, from).filter(|way| way.is_relative())
    };
    // One of them may be named from the root: a plan names package files from the release file's folder.
    let whole = |folder: &Utf8Path| {
        let here = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
        here.canonicalize_utf8().ok()
    };
    let of_both = || between(&whole(from)?, &whole(to)?);
    between(from, to).or_else(of_both).unwrap_or_else(|| to.to_owned())
}

/// The resource with its package file seen from the folder that `way` starts in.
fn from(resource: &Arc<Resource>, way: &Utf8Path) -> Arc<Resource> {
    match &resource.source {
        Source::File { path, digest, size, identity } if !way.as_str().is_empty() => {
            let (path, digest, size) = (way.join(path), *digest, *size);
            let source = Source::File { path, digest, size, identity: identity.clone() };
            Arc::new(Resource { source, ..(**resource).clone() })
        }
        Source::Center(Some(upload)) if !way.as_str().is_empty() => {
            let upload = Upload { path: way.join(&upload.path), ..upload.clone() };
            let source = Source::Center(Some(upload));
            Arc::new(Resource { source, ..(**resource).clone() })
        }
        _ => Arc::clone(resource),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_folders_is_relative_however_they_are_named() {
        let here = Utf8PathBuf::from_path_buf(std::env::current_dir().unwrap()).unwrap();
        let golden = [
            ("releases/b", "releases/a", "../a"),
            ("/releases/b", "/releases/a", "../a"),
            ("releases", "releases", ""),
            ("", here.join("src").as_str(), "src"),
            (here.join("src").as_str(), "examples", "../examples"),
        ]
        .map(|(from, to, expected)| (from.to_owned(), to.to_owned(), expected));
        for (from, to, expected) in golden {
            assert_eq!(way((&*from).into(), (&*to).into()), expected, "{from} to {to}");
        }
    }
}

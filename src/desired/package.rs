//! Which package each component gets on each operating system.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::package_file::{Expected, Files};
use super::questions::{Asked, Questions};
use super::windows;
use super::{Resource, Source, Upload};
use crate::address::ComponentName;
use crate::catalog::{Component, Driver, Format, SYSTEMS, package_keys};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::{Host, PackageKey, PackageSource, Release, ReleaseComponent, ReleasePackage};
use crate::source::{did_you_mean, listed};

/// The release, asked for one component on one operating system at a time.
pub(super) struct Packages<'r> {
    release: &'r Release,
    manifest_source: &'r Arc<crate::diagnostic::SourceText>,
    files: Files<'r>,
    found: Vec<Diagnostic>,
    /// What was asked before: hosts of one system share their answers. No answer was a problem.
    known: BTreeMap<(&'r ComponentName, &'r str), Option<Arc<Resource>>>,
}

impl<'r> Packages<'r> {
    pub(super) fn new(
        release: &'r Release,
        manifest_source: &'r Arc<crate::diagnostic::SourceText>,
    ) -> Self {
        let (known, found) = (BTreeMap::new(), Vec::new());
        Self { release, manifest_source, files: Files::new(release), found, known }
    }

    /// Reads the package files of `components` on the hosts that have them, many at once; without it each
    /// is read when it is first asked for.
    pub(super) fn read(
        &mut self,
        hosts: impl Iterator<Item = &'r Host>,
        components: &impl Fn(&ComponentName) -> Option<&'r Component>,
    ) {
        let release = self.release;
        let places = hosts.flat_map(|host| host.components.keys().map(|name| (name, &*host.os)));
        let packages = places.collect::<BTreeSet<_>>().into_iter().filter_map(|(name, os)| {
            let changed = components(name).filter(|it| it.driver() != Driver::Manual)?;
            Some(&fitting(release.components.get(&changed.name)?, os)?.1.source)
        });
        self.files.read(packages);
    }

    #[cfg(test)]
    pub(super) fn files_read(&self) -> Vec<String> {
        self.files.paths().map(ToString::to_string).collect()
    }

    /// The resource that `component` is on a host of this system and format.
    pub(super) fn resource(
        &mut self,
        component: &'r Component,
        questions: &Questions,
        host: &'r Host,
        format: Format,
    ) -> Option<Arc<Resource>> {
        let key = (&component.name, host.os.as_str());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let resource = self.choose(component, questions, host, format).map(Arc::new);
        self.known.insert(key, resource.clone());
        resource
    }

    /// All problems that were met.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.found
    }

    fn choose(
        &mut self,
        component: &'r Component,
        questions: &Questions,
        host: &'r Host,
        format: Format,
    ) -> Option<Resource> {
        // A component that the release lacks is reported once, not once a system.
        let released = self.release.components.get(&component.name)?;
        let (Some(package), Some(unit)) =
            (component.package.get(&format), component.unit.get(&format))
        else {
            self.found.push(self.no_format(component, host, format));
            return None;
        };
        let (version, unit) = (released.version.clone(), unit.clone());
        let Asked { health, idle, drain, procedure } = questions.on(format);
        let (package, source) = match component.driver() {
            Driver::Manual => {
                (package.clone(), Source::Hand(component.by_hand.clone().unwrap_or_default()))
            }
            Driver::ControlCenter => {
                let file = fitting(released, &host.os).map(|(_, chosen)| &chosen.source);
                let file = file.filter(|it| matches!(it, PackageSource::File { .. }));
                let source = file
                    .map(|file| self.file(file, (format, package.as_str(), component), released))
                    .transpose();
                (package.clone(), Source::Center(source.ok()?.and_then(upload)))
            }
            Driver::Package => {
                match fitting(released, &host.os).map(|(_, chosen)| &chosen.source) {
                    Some(PackageSource::Repository(name)) => (name.clone(), Source::Repository),
                    Some(file) => {
                        let names = (format, package.as_str(), component);
                        (package.clone(), self.file(file, names, released).ok()?)
                    }
                    None => {
                        let Some(text) = in_console(component, released) else {
                            self.found.push(self.no_package(component, released, host));
                            return None;
                        };
                        (package.clone(), Source::Hand(text))
                    }
                }
            }
        };
        let resource = Resource {
            version,
            package,
            format,
            source,
            unit,
            health,
            idle,
            drain,
            procedure,
            along: None,
        };
        if let Some(why) = windows::unfit(component, &resource) {
            self.found.push(self.no_windows(component, host, &why));
            return None;
        }
        Some(resource)
    }

    /// A package file that is what the release says of it; what is wrong with it is reported.
    fn file(
        &mut self,
        file: &'r PackageSource,
        (format, name, component): (Format, &str, &Component),
        released: &ReleaseComponent,
    ) -> Result<Source, Wrong> {
        let PackageSource::File { path, digest, .. } = file else { return Err(Wrong) };
        let mut report = |problem: Option<Diagnostic>| {
            self.found.extend(problem);
            Wrong
        };
        let size = self.files.verified(file).map_err(&mut report)?;
        let upgrade_code = component.windows.upgrade_code.as_ref();
        let expected = Expected { format, name, version: &released.version, upgrade_code };
        let identity = self.files.identified(file, expected).map_err(report)?;
        Ok(Source::File { path: path.clone(), digest: *digest, size, identity })
    }

    fn no_format(&self, component: &Component, host: &Host, format: Format) -> Diagnostic {
        let name = &component.name;
        let supported = component.package.keys().map(ToString::to_string).collect::<Vec<_>>();
        let supported = listed(supported.iter().map(String::as_str));
        let message = format!(
            "`{name}` can't run on `{}`: the catalog has no `{format}` package of it",
            host.os
        );
        let placed = host.components.get(name).cloned().unwrap_or_default();
        Diagnostic::new(Code::NoFormat, message)
            .at(Label::new(self.manifest_source, placed, "placed here"))
            .at(Label::new(self.manifest_source, host.os_span.clone(), format!("installs `{format}` packages")))
            .help(format!(
                "the catalog has {supported}; if you know the names for `{format}`, write `package` and \
                 `unit` under `[components.{name}]`"
            ))
    }

    fn no_windows(&self, component: &Component, host: &Host, why: &windows::Unfit) -> Diagnostic {
        let name = &component.name;
        let message = format!("`{name}` can't be on `{}`: {}", host.os, why.what);
        let placed = host.components.get(name).cloned().unwrap_or_default();
        Diagnostic::new(Code::WindowsForm, message)
            .at(Label::new(self.manifest_source, placed, "placed here"))
            .at(Label::new(self.manifest_source, host.os_span.clone(), "runs Windows"))
            .help(&why.help)
    }

    fn no_package(
        &self,
        component: &Component,
        released: &ReleaseComponent,
        host: &Host,
    ) -> Diagnostic {
        let (name, os) = (&component.name, &host.os);
        let keys = package_keys(os).unwrap_or_default();
        let there = match listed(released.packages.keys().map(String::as_str)) {
            none if none.is_empty() => "none".to_owned(),
            keys => keys,
        };
        Diagnostic::new(
            Code::NoPackage,
            format!("the release has no package of `{name}` for `{os}`"),
        )
        .at(Label::new(&self.release.source, released.span.clone(), format!("has {there}")))
        .at(Label::new(self.manifest_source, host.os_span.clone(), "wanted for this system"))
        .help(format!(
            "looked for {}, in this order; add one of them, or correct the host's `os`",
            listed(keys.iter().map(String::as_str))
        ))
    }
}

/// What people do where nothing else is configured: neither who changes it, nor any package of it.
fn in_console(component: &Component, released: &ReleaseComponent) -> Option<String> {
    let nothing = component.driver.is_none() && released.packages.is_empty();
    let text = component.in_console.as_ref().filter(|_| nothing)?;
    Some(format!("in Control Center: {text}, until it is {}", released.version))
}

/// Something is wrong that was reported.
struct Wrong;

/// The file as it is sent to Control Center.
fn upload(file: Source) -> Option<Upload> {
    let Source::File { path, digest, size, .. } = file else { return None };
    Some(Upload { path, digest, size })
}

/// The most exact package that fits the system.
fn fitting<'r>(
    released: &'r ReleaseComponent,
    os: &str,
) -> Option<(&'r PackageKey, &'r ReleasePackage)> {
    package_keys(os)?.iter().find_map(|key| released.packages.get_key_value(key))
}

/// The problem of a system that `mdc` doesn't know.
pub(super) fn unsupported(source: &Arc<crate::diagnostic::SourceText>, host: &Host) -> Diagnostic {
    let (id, _) = host.os.split_once('-').unwrap_or((&host.os, ""));
    let known: Vec<&str> = SYSTEMS.iter().map(|(id, _)| *id).collect();
    let help = if known.contains(&id) {
        format!(
            "write the version with it, such as `{id}-9`: os-release(5) on the host has it as VERSION_ID"
        )
    } else {
        did_you_mean(id, known, "write `system-version`, such as `debian-12`; the systems are")
    };
    Diagnostic::new(
        Code::UnsupportedOs,
        format!("`{}` is not an operating system that mdc knows", host.os),
    )
    .at(Label::new(source, host.os_span.clone(), "unknown system"))
    .help(help)
}

//! Package files on the controller: there, readable, and exactly what the release pins.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::sync::Arc;

use camino::Utf8Path;
use rayon::prelude::*;

use crate::catalog::Format;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::{Codes, PackageSource, Release};
use crate::package::{self, Identity, IdentityError};
use crate::value::{Digest, Guid, Version};

/// The files of a release, each read at most once.
pub(super) struct Files<'r> {
    release: &'r Release,
    read: BTreeMap<&'r Utf8Path, Result<(Digest, u64), String>>,
    /// What each says of itself; none of a format that isn't read.
    identities: BTreeMap<&'r Utf8Path, Option<Arc<Identity>>>,
    /// Those with something wrong, be it that they can't be read or what they say: it is reported once.
    wrong: BTreeSet<&'r Utf8Path>,
}

/// Which package a file should be.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) format: Format,
    pub(super) name: &'a str,
    pub(super) version: &'a Version,
    /// The upgrade code that the catalog knows.
    pub(super) upgrade_code: Option<&'a Guid>,
}

impl<'r> Files<'r> {
    pub(super) fn new(release: &'r Release) -> Self {
        let (identities, wrong) = (BTreeMap::new(), BTreeSet::new());
        Self { release, read: BTreeMap::new(), identities, wrong }
    }

    /// Reads the files among `packages` side by side: each is large, and hashing takes one processor.
    pub(super) fn read(&mut self, packages: impl Iterator<Item = &'r PackageSource>) {
        let paths = packages.filter_map(PackageSource::path);
        let paths: BTreeSet<_> = paths.filter(|path| !self.read.contains_key(path)).collect();
        let folder = &self.release.folder;
        let read = paths.into_par_iter().map(|path| (path, content(folder, path)));
        self.read.extend(read.collect::<Vec<_>>());
    }

    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &&'r Utf8Path> {
        self.read.keys()
    }

    /// The size of a package file that is what it should be; otherwise the problem, the first time.
    pub(super) fn verified(
        &mut self,
        package: &'r PackageSource,
    ) -> Result<u64, Option<Diagnostic>> {
        let PackageSource::File { path, path_span, digest, digest_span, .. } = package else {
            return Err(None);
        };
        let folder = &self.release.folder;
        match self.read.entry(path).or_insert_with(|| content(folder, path)) {
            Ok((content, size)) if content == digest => Ok(*size),
            Ok((content, size)) => Err(Some(
                Diagnostic::new(
                    Code::DigestMismatch,
                    format!("the package file `{path}` is not the one that the release pins"),
                )
                .at(Label::new(&self.release.source, digest_span.clone(), "pinned"))
                .help(format!(
                    "pinned: {digest}\nthe file: {content}, {size} bytes\nfetch the file again from the \
                     vendor; change the pin only for a file that was tested"
                )),
            )),
            Err(what) => Err(self.wrong.insert(path).then(|| {
                Diagnostic::new(Code::PackageUnreadable, format!("the package file `{path}` {what}"))
                    .at(Label::new(&self.release.source, path_span.clone(), "this file"))
                    .help(format!(
                        "put the package there, or correct the path: it starts from the folder of \
                         `{}`",
                        self.release.source.name
                    ))
            })),
        }
    }
}

impl<'r> Files<'r> {
    /// What a verified package file says of itself, when that is what the release says of it;
    /// otherwise the problem, the first time.
    pub(super) fn identified(
        &mut self,
        package: &'r PackageSource,
        expected: Expected<'_>,
    ) -> Result<Option<Arc<Identity>>, Option<Diagnostic>> {
        let PackageSource::File { path, path_span, codes, .. } = package else { return Err(None) };
        let known = match self.identities.get(path.as_path()) {
            Some(known) => Ok(known.clone()),
            None => File::open(self.release.folder.join(path))
                .map_err(IdentityError::from)
                .and_then(|mut file| package::identity(expected.format, &mut file))
                .map(|read| read.map(Arc::new)),
        };
        let problem = match known {
            Ok(identity) => {
                self.identities.insert(path, identity.clone());
                match identity.as_deref().and_then(|it| contradiction(path, it, (expected, codes))) {
                    None => return Ok(identity),
                    Some(problem) => problem,
                }
            }
            Err(error) => Diagnostic::new(
                Code::PackageFormat,
                format!("the package file `{path}` can't be used: {error}"),
            )
            .help(
                "put the vendor's package there, whole and not repacked, and pin its digest anew; or \
                 correct the key of the package, which says its format",
            ),
        };
        let label = Label::new(&self.release.source, path_span.clone(), "this file");
        Err(self.wrong.insert(path).then(|| problem.at(label)))
    }
}

/// What the file says of itself against what the release says of it.
fn contradiction(
    path: &Utf8Path,
    identity: &Identity,
    (Expected { name, version, upgrade_code, .. }, codes): (Expected<'_>, &Codes),
) -> Option<Diagnostic> {
    let of = |code: Option<&Guid>| code.map_or_else(|| "none".to_owned(), Guid::to_string);
    let differs = |is: &Option<Guid>, wanted: Option<&Guid>| {
        wanted.is_some_and(|wanted| is.as_ref() != Some(wanted))
    };
    let upgrade = codes.upgrade.as_ref().or(upgrade_code);
    let (what, says, wanted) = if identity.name != name {
        ("name", identity.name.clone(), name.to_owned())
    } else if identity.version.upstream() != version {
        ("version", identity.version.to_string(), version.to_string())
    } else if differs(&identity.product_code, codes.product.as_ref()) {
        let says = of(identity.product_code.as_ref());
        ("product code", says, of(codes.product.as_ref()))
    } else if differs(&identity.upgrade_code, upgrade) {
        ("upgrade code", of(identity.upgrade_code.as_ref()), of(upgrade))
    } else {
        return None;
    };
    let message = format!(
        "the package file `{path}` says of itself that its {what} is `{says}`, and `{wanted}` \
         is expected here"
    );
    Some(Diagnostic::new(Code::PackageIdentity, message).help(
        "name the file that was meant and pin its digest, or correct the `version` or the code; when the package \
         has another name on this system, write it as `package` under the component",
    ))
}

/// The digest and the size of a file, or in words why there is none.
fn content(folder: &Utf8Path, path: &Utf8Path) -> Result<(Digest, u64), String> {
    let path = folder.join(path);
    // To open a pipe is to wait for whoever writes to it.
    if path.metadata().is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Err("is no file".to_owned());
    }
    let read = File::open(path).and_then(|mut file| Digest::of_reader(&mut file));
    read.map_err(|error| words(&error))
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by you".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}

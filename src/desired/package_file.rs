//! Package files on the controller: there, readable, and exactly what the release pins.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use camino::Utf8PathBuf;

use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::{PackageSource, Release};
use crate::value::Digest;

/// The files of a release, each read at most once.
pub(super) struct Files<'r> {
    release: &'r Release,
    read: BTreeMap<&'r Utf8PathBuf, Result<(Digest, u64), String>>,
}

impl<'r> Files<'r> {
    pub(super) const fn new(release: &'r Release) -> Self {
        Self { release, read: BTreeMap::new() }
    }

    /// The size of a package file that is what it should be; otherwise the problem, the first time.
    pub(super) fn verified(
        &mut self,
        package: &'r PackageSource,
    ) -> Result<u64, Option<Diagnostic>> {
        let PackageSource::File { path, path_span, digest, digest_span } = package else {
            return Err(None);
        };
        let folder = &self.release.folder;
        let first = !self.read.contains_key(path);
        let answer = self.read.entry(path).or_insert_with(|| {
            let answer = File::open(folder.join(path)).and_then(|mut f| Digest::of_reader(&mut f));
            answer.map_err(|error| words(&error))
        });
        match answer {
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
            Err(what) => Err(first.then(|| {
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

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by you".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}

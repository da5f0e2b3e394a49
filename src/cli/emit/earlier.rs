//! A folder that an earlier `mdc emit` has written: only that is replaced.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::cli::problem::Problem;
use crate::diagnostic::Code;
use crate::emit::{CHECKSUMS, FORMAT, INDEX};
use crate::value::Digest;

const NO_FOLDER: &str = "name a new or empty folder, or one that an earlier `mdc emit` has written";
const NOT_OURS: &str = "name a new or empty folder, or take what is yours out of this one first";
/// Longer than an index or a list of checksums of a thousand hosts.
const LONGEST: u64 = 64 << 20;

/// Whether `folder` holds nothing but what an earlier `mdc emit` has written, as it has written it. Package
/// files may be anybody's: they are replaced only by package files (`brings_packages`).
pub(super) fn may_be_replaced(folder: &Utf8Path, brings_packages: bool) -> Result<(), Problem> {
    if !folder.exists() {
        return Ok(());
    }
    let wrong = |error: io::Error| Problem::file(folder, &error, NO_FOLDER);
    if fs::read_dir(folder).map_err(wrong)?.next().is_none() {
        return Ok(());
    }
    let index = text(&folder.join(INDEX)).ok();
    let index = index.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let format = index.as_ref().and_then(|index| index.get("format")).and_then(Value::as_str);
    if format != Some(FORMAT) {
        let what = format!("{folder} is not empty, and was not written by `mdc emit`");
        return Err(Problem::new(Code::EmitFolder, what, NO_FOLDER));
    }
    let sums = folder.join(CHECKSUMS);
    let text = text(&sums).map_err(|error| Problem::file(&sums, &error, NOT_OURS))?;
    let sums = text.lines().filter_map(|line| line.split_once("  "));
    let sums: BTreeMap<&Utf8Path, &str> =
        sums.map(|(digest, path)| (Utf8Path::new(path), digest)).collect();
    for path in files(folder).map_err(wrong)? {
        if let Some(why) = kept(folder, &path, &sums).map_err(wrong)? {
            return Err(Problem::new(
                Code::EmitFolder,
                format!("{} {why}", folder.join(path)),
                NOT_OURS,
            ));
        }
        if !brings_packages && is_package(&path) {
            let what = format!("{} would be gone: --no-packages writes none", folder.join(path));
            return Err(Problem::new(Code::EmitFolder, what, NOT_OURS));
        }
    }
    Ok(())
}

/// Why the file at `path` inside of `folder` can't be replaced, if it can't.
fn kept(
    folder: &Utf8Path,
    path: &Utf8Path,
    sums: &BTreeMap<&Utf8Path, &str>,
) -> io::Result<Option<&'static str>> {
    const FOREIGN: Option<&str> = Some("was not written by `mdc emit`");
    let whole = folder.join(path);
    if !whole.symlink_metadata()?.is_file() {
        return Ok(FOREIGN);
    }
    if path == CHECKSUMS {
        return Ok(None);
    }
    let Some(&digest) = sums.get(path) else { return Ok(FOREIGN) };
    let (found, _) = Digest::of_reader(&mut File::open(&whole)?)?;
    let same = found.to_string() == digest;
    Ok((!same).then_some("was changed since `mdc emit` has written it"))
}

/// All that lies in `folder`, at any depth, but for folders.
fn files(folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![Utf8PathBuf::new()];
    while let Some(inside) = open.pop() {
        for entry in folder.join(&inside).read_dir_utf8()? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if entry.file_type()?.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// What is neither the runbook, nor a script, nor made for programs.
fn is_package(path: &Utf8Path) -> bool {
    let depth = path.components().count();
    depth > 1 && !(depth == 3 && path.extension() == Some("sh"))
}

/// The text of a regular file of a sensible size.
fn text(path: &Utf8Path) -> io::Result<String> {
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

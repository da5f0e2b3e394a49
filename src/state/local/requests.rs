//! What other terminals ask of whoever is at work: one file each, taken away as it is read.

use std::fs::{self, File};
use std::io;

use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::folder;
use crate::state::{Asked, token};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Letter {
    /// Whom it is for, so that nobody gets what another one was asked.
    fence: u64,
    asked: Asked,
}

/// Leaves a request for the holder of the lease with `fence`.
pub(super) fn put(state: &Utf8Path, fence: u64, asked: &Asked) -> io::Result<()> {
    let requests = state.join("requests");
    folder::private(&requests)?;
    let letter = serde_json::to_vec(&Letter { fence, asked: asked.clone() })?;
    // Names sort by time; the reader takes only those that end so.
    let name = format!("{:020}-{}.json", Timestamp::now().as_microsecond(), token()?);
    folder::replace(&requests.join(name), &letter)
}

/// Takes the oldest request for the holder of the lease with `fence`. What can't be read stays where
/// it is, and is looked at again.
pub(super) fn take(state: &Utf8Path, fence: u64) -> Option<Asked> {
    for path in names(state).ok()? {
        let letter = File::open(&path).and_then(|file| folder::content(&file));
        let Ok(letter) = letter else { continue };
        if fs::remove_file(&path).is_err() {
            continue;
        }
        if let Ok(letter) = serde_json::from_slice::<Letter>(&letter)
            && letter.fence == fence
        {
            return Some(letter.asked);
        }
    }
    None
}

/// Removes what was asked of earlier holders.
pub(super) fn clear(state: &Utf8Path) -> io::Result<()> {
    names(state)?.into_iter().try_for_each(fs::remove_file)
}

fn names(state: &Utf8Path) -> io::Result<Vec<camino::Utf8PathBuf>> {
    let entries = match state.join("requests").read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.into_path();
        if path.extension() == Some("json") {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

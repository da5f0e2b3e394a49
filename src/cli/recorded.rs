//! Where what was done is recorded: what `mdc history`, `report`, `pause`, `stop` and `go-on` work on.
//! Only the manifest is read, so that they work also while a release or a catalog is being edited.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::console::Console;
use super::problem::Problem;
use crate::manifest;
use crate::state::{self, Local, Store};

/// A folder in place of the manifest's setting.
#[derive(Debug, Args)]
pub(super) struct InsteadOf {
    /// Read the records in this folder instead of where the manifest says, such as one that was in
    /// use before
    #[arg(long, value_name = "DIR")]
    state: Option<Utf8PathBuf>,
}

impl InsteadOf {
    /// The store: the folder that was named, or the one that `manifest` names.
    pub(super) fn store(
        &self,
        manifest: &Utf8Path,
        console: &Console,
    ) -> Result<Box<dyn Store>, Problem> {
        match &self.state {
            Some(folder) if folder.is_dir() => Ok(Box::new(Local::new(folder.clone()))),
            Some(folder) => {
                Err(Problem::file(folder, &"there is no such folder", "correct --state"))
            }
            None => store(manifest, console),
        }
    }
}

/// The store that `manifest` names.
pub(super) fn store(manifest: &Utf8Path, console: &Console) -> Result<Box<dyn Store>, Problem> {
    let (manifest, found) = manifest::read(manifest);
    let found = found.sorted();
    match manifest {
        Some(manifest) => {
            console.diagnostics(&found);
            Ok(state::of(&manifest))
        }
        None => Err(Problem::Diagnostics(found)),
    }
}

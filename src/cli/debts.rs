//! What earlier runs left out and nobody has done since, and the command that does it.

use camino::Utf8Path;

use super::console::Console;
use super::problem::Problem;
use crate::state::{RunKind, Store};

/// Says so.
pub(super) fn say(
    store: &dyn Store,
    manifest: &Utf8Path,
    console: &Console,
) -> Result<(), Problem> {
    let runs = store.runs()?;
    let newest = runs.iter().position(|run| run.kind == RunKind::Change);
    let owing = runs.iter().enumerate().filter(|(_, run)| !run.debts.is_empty());
    for (place, run) in owing {
        let how = match run.kind {
            RunKind::Change if newest == Some(place) => format!("`mdc resume --debts {manifest}`"),
            RunKind::Change => format!("a new plan, `mdc apply {manifest}`"),
            // A later run takes the backups and brings the packages that it needs itself.
            _ if newest.is_some_and(|newest| newest < place) => continue,
            RunKind::BackUp => format!("`mdc backup {manifest}`"),
            RunKind::Stage => format!("`mdc stage {manifest}`"),
        };
        console.say(&format!(
            "The run {} still owes what was left out of it; {how} does it:",
            run.run
        ));
        for (step, reason) in &run.debts {
            console.say(&format!("  {step}: {reason}"));
        }
    }
    Ok(())
}

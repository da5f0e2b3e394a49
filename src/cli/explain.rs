//! `mdc explain`: more about a diagnostic code.

use clap::Args;

use super::Exit;
use super::console::Console;
use super::problem::Problem;
use crate::diagnostic::Code;

/// What holds for all checks whose finding people may judge.
const WAIVER: &str = " To go without this check for a while, write [[waivers]] in the manifest, with \
                      `check`, `host` (or all), `reason` and `until`.";

/// Says what a diagnostic code means, why it matters and what to do.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code, such as `manifest::unknown-key`; without it, all codes are listed
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let Some(wanted) = &self.code else {
            let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
            console.data(&(codes.join("\n") + "\n"))?;
            return Ok(Exit::Done);
        };
        let Some(code) = Code::ALL.iter().find(|code| code.as_str() == wanted) else {
            return Err(Problem::new(
                format!("there is no diagnostic code `{wanted}`"),
                "`mdc explain` lists all codes",
            ));
        };
        let waiver = if code.is_waivable() { WAIVER } else { "" };
        console.data(&format!("{}\n\n{}{waiver}\n", code.as_str(), code.explain()))?;
        Ok(Exit::Done)
    }
}

//! The plan file: JSON, with format and version first, refused when it is not exactly what was
//! written.

use std::fs::File;
use std::io::{self, Read, Write};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::Serializer;
use serde_json::value::RawValue;
use thiserror::Error;

use super::claims;
use super::form::{PlanForm, Steps, forms};
use super::lines::Lines;
use super::{FORMAT, Plan, VERSION};
use crate::transport::Command;

/// The largest plan file that is read, in bytes: some million steps. That of 30,000 hosts that all
/// change has 1.1 GB.
pub const LARGEST: u64 = 1 << 32;

/// Why a file is not a plan that can be applied.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file can't be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Larger than any plan.
    #[error("it is larger than {LARGEST} bytes, which no plan is")]
    TooLarge,
    /// Not JSON, or not a plan's JSON.
    #[error("it is not a plan: {0}")]
    NotAPlan(String),
    /// Another format or version.
    #[error(
        "it has the format `{format}` version {version}; this mdc reads `{FORMAT}` version {VERSION}"
    )]
    OtherFormat {
        /// What the file says.
        format: String,
        /// What the file says.
        version: u64,
    },
    /// Changed since it was written.
    #[error("its seal doesn't fit its content: it was changed after it was made")]
    SealBroken,
    /// Sealed, and not what it says of itself.
    #[error("it contradicts itself, as no plan does that mdc has made: {0}")]
    Contradiction(String),
}

impl FileError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => "name a plan file that `mdc plan -o FILE` has written",
            Self::OtherFormat { format, .. } if format != FORMAT => {
                "name a plan file, which `mdc plan -o FILE` writes; what a run did is shown by `mdc report`, \
                 what hosts are by `mdc status`"
            }
            Self::OtherFormat { .. } => {
                "use the mdc that made it, or make the plan again with this one (`mdc plan -o FILE`)"
            }
            Self::TooLarge | Self::NotAPlan(_) | Self::SealBroken | Self::Contradiction(_) => {
                "make the plan again with `mdc plan -o FILE`"
            }
        }
    }
}

/// Writes `plan` as JSON, one value a line so that it diffs well.
///
/// # Errors
/// What the writer reports.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 18, out);
    let texts = forms(&plan.steps, commands_text)?;
    let steps = Steps { steps: &plan.steps, forms: &texts };
    PlanForm::whole(plan, steps).serialize(&mut lines(&mut out, 0))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Commands as they stand in a plan, `depth` levels deep.
fn commands_text(commands: &[Command], depth: usize) -> io::Result<Box<RawValue>> {
    let mut text = Vec::new();
    commands.serialize(&mut lines(&mut text, depth))?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Ok(RawValue::from_string(text)?)
}

fn lines<W: Write>(out: W, depth: usize) -> Serializer<W, Lines> {
    Serializer::with_formatter(out, Lines::at(depth))
}

/// Reads a plan and checks format, version and seal, and that it is what it says.
///
/// # Errors
/// When it is not exactly a plan that an `mdc` of this format wrote.
pub fn read(path: &Utf8Path) -> Result<Plan, FileError> {
    let file = File::open(path)?;
    // Room for all of it at once: text of many megabytes that grows is copied over and over.
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Err(FileError::TooLarge);
    }
    let mut text = Vec::new();
    text.try_reserve_exact(usize::try_from(length + 1).map_err(io::Error::other)?)
        .map_err(io::Error::other)?;
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(FileError::TooLarge);
    }
    parse(&text)
}

/// Reads a plan out of its text and checks format, version and seal, and that it is what it says.
///
/// # Errors
/// When it is not exactly a plan that an `mdc` of this format wrote.
pub fn parse(text: &[u8]) -> Result<Plan, FileError> {
    let not_a_plan = |error: serde_json::Error| FileError::NotAPlan(error.to_string());
    // Read once: only what is not a plan of this version is asked what it is.
    let plan = match serde_json::from_slice::<Plan>(text) {
        Ok(plan) if (plan.format.as_str(), plan.version) == (FORMAT, VERSION) => plan,
        other => {
            let head: Head = serde_json::from_slice(text).map_err(not_a_plan)?;
            if head.format != FORMAT || head.version != u64::from(VERSION) {
                return Err(FileError::OtherFormat { format: head.format, version: head.version });
            }
            other.map_err(not_a_plan)?
        }
    };
    if !plan.seal_holds() {
        return Err(FileError::SealBroken);
    }
    claims::contradiction(&plan).map_or(Ok(plan), |why| Err(FileError::Contradiction(why)))
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u64,
}

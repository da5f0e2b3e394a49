//! What happens while a plan is carried out, for programs: a line of JSON for each event.

use std::fs::File;
use std::io::Write;

use camino::Utf8PathBuf;
use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::place;
use super::problem::Problem;
use crate::apply::Event;
use crate::diagnostic::Code;

/// Where events go.
#[derive(Debug, Args)]
pub(super) struct Events {
    /// Write what happens to this file, a line of JSON for each event, as it happens; a pipe will do
    #[arg(long, value_name = "FILE", value_parser = place)]
    events: Option<Utf8PathBuf>,
}

/// A line of that file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Line<'e> {
    /// When (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// What happened.
    event: &'e Event,
}

/// The file, as long as it can be written.
pub(super) struct Opened {
    out: Option<(File, Utf8PathBuf)>,
}

impl Events {
    pub(super) fn open(&self) -> Result<Opened, Problem> {
        let Some(path) = &self.events else { return Ok(Opened { out: None }) };
        let file = File::options().create(true).append(true).open(path).map_err(|error| {
            Problem::file(path, &error, "nothing was changed; name a file that can be written")
        })?;
        Ok(Opened { out: Some((file, path.clone())) })
    }
}

impl Opened {
    /// Writes `event`. A file that can't be written any more doesn't stop what is carried out.
    pub(super) fn write(&mut self, event: &Event, console: &Console) {
        let Some((file, path)) = &mut self.out else { return };
        let line = Line { at: Timestamp::now(), event };
        let written = serde_json::to_string(&line)
            .map_err(std::io::Error::from)
            .and_then(|line| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            let what = format!("{path} can't be written any more, so events stop there: {error}");
            console.warns(Code::FileUnusable, what);
            self.out = None;
        }
    }
}

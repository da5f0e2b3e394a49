//! The window of stage 2, as it is written.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::At;
use crate::value::Window;

/// When stage 2 may run. A step isn't begun when the rest of the window is shorter than the step may
/// take with its way back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WindowText {
    /// The time zone of the hours, by its name in the IANA database: `Europe/Vienna`, `UTC`.
    zone: At<String>,
    /// The hours: `Sat 22:00-04:00`, `Sat,Sun 01:00-05:00`, `daily 01:00-03:00`,
    /// `2026-12-05 20:00-23:30`.
    #[schemars(length(min = 1))]
    open: Vec<At<String>>,
    /// Days on which it is closed all the same: `2026-12-20..2027-01-06`, `2026-12-24`.
    #[serde(default)]
    freeze: Vec<At<String>>,
}

impl WindowText {
    /// What it means; none when something of it is wrong.
    pub(super) fn convert(
        self,
        source: &Arc<SourceText>,
        found: &mut Diagnostics,
    ) -> Option<At<Window>> {
        let known = Window::rules_of(&self.zone);
        if let Err(error) = &known {
            found.push(problem(source, &self.zone, error));
        }
        let open = all(source, &self.open, found);
        let freeze = all(source, &self.freeze, found);
        let (zone, span) = (self.zone.value.clone(), self.zone.span.clone());
        known.ok()?;
        Some(At { span, value: Window { zone, open: open?, freeze: freeze? } })
    }
}

fn all<T: FromStr<Err: Display>>(
    source: &Arc<SourceText>,
    texts: &[At<String>],
    found: &mut Diagnostics,
) -> Option<Vec<T>> {
    let parsed = texts.iter().map(|text| match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            found.push(problem(source, text, &error));
            None
        }
    });
    parsed.collect::<Vec<_>>().into_iter().collect()
}

fn problem(source: &Arc<SourceText>, text: &At<String>, error: &dyn Display) -> Diagnostic {
    Diagnostic::new(Code::BadWindow, format!("`{}` is no part of a window", text.value))
        .at(Label::new(source, text.span.clone(), "this"))
        .help(error.to_string())
}

//! `mdc explain`: more about a diagnostic code, or about a step of a plan.

use camino::Utf8Path;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, Form, json};
use super::problem::Problem;
use super::{Exit, show};
use crate::diagnostic::{Code, Severity};
use crate::plan::Plan;
use crate::review;
use crate::source::closest;
use crate::view;
use crate::view::document::{Block, Document, Label, Text};

/// Among more steps than these nobody is asked whether another one was meant: it would take too long.
const MANY: usize = 5_000;
/// What holds for all checks whose finding people may judge.
const WAIVER: &str = "To go without this check for a while, write [[waivers]] in the manifest, with \
                      `check`, `host` (or all), `reason` and `until`.";

/// Says what a diagnostic code means, why it matters and what to do; or, of a step of a plan, why it is
/// there, why in this place, what it waits for, what hangs on it and what it runs.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code, such as `manifest::unknown-key`, or a plan file; without it, all codes are listed
    what: Option<String>,
    /// A step of the plan, such as `core-01/md-core/upgrade`; the action may be left out
    step: Option<String>,
    #[command(flatten)]
    form: Form,
}

impl Explain {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        match (&self.what, &self.step) {
            (None, _) => {
                let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
                if self.form.is_json() {
                    console.data(&json(&Answer::of("codes", Codes { codes }))?)?;
                } else {
                    console.data(&(codes.join("\n") + "\n"))?;
                }
            }
            (Some(code), None) => {
                let code = code_of(code)?;
                let answer = Answer::of("code", Meaning::of(code));
                self.form.show(&answer, || meaning(code), console)?;
            }
            (Some(path), Some(wanted)) => {
                let path = Utf8Path::new(path);
                let plan = show::read(path)?;
                let id = step(&plan, (path, wanted))?;
                if let Some(why) = review::why(&plan, &id) {
                    self.form.show(&why, || view::review::why(&plan, &why), console)?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// All codes, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Codes {
    /// Each code.
    codes: Vec<&'static str>,
}

/// What a code means, for programs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Meaning {
    /// The code.
    code: &'static str,
    /// How bad it is.
    severity: Severity,
    /// Whether a waiver may let a plan be made all the same.
    waivable: bool,
    /// What it means, why it matters and what to do.
    text: &'static str,
}

impl Meaning {
    fn of(code: Code) -> Self {
        let (severity, waivable) = (code.severity(), code.is_waivable());
        Self { code: code.as_str(), severity, waivable, text: code.explain() }
    }
}

fn meaning(code: Code) -> Document {
    let mut document = Document::titled(Text::of(Label::Key, code.as_str()));
    document.push(Block::Paragraph(code.explain().into()));
    if code.is_waivable() {
        document.push(Block::Paragraph(WAIVER.into()));
    }
    document
}

fn code_of(wanted: &str) -> Result<Code, Problem> {
    let Some(code) = Code::ALL.iter().find(|code| code.as_str() == wanted) else {
        let hint = if Utf8Path::new(wanted).is_file() {
            format!("name a step of the plan too: `mdc explain {wanted} HOST/COMPONENT/ACTION`")
        } else {
            "`mdc explain` lists all codes".to_owned()
        };
        return Err(Problem::new(
            Code::UnknownName,
            format!("there is no diagnostic code `{wanted}`"),
            hint,
        ));
    };
    Ok(*code)
}

/// The id of the step that is meant: the whole id, or its beginning when that is enough.
fn step(plan: &Plan, (path, wanted): (&Utf8Path, &str)) -> Result<String, Problem> {
    let ids = || plan.steps.iter().map(|step| &*step.id);
    if let Some(id) = ids().find(|id| *id == wanted) {
        return Ok(id.to_owned());
    }
    let below = format!("{}/", wanted.trim_end_matches('/'));
    let near: Vec<&str> = ids().filter(|id| id.starts_with(&below)).collect();
    // A copy or a look at the same thing is rarely what is asked for.
    let changes = plan.steps.iter().filter(|it| it.is_change()).map(|step| &*step.id);
    let changes: Vec<&str> = changes.filter(|id| id.starts_with(&below)).collect();
    match (near.as_slice(), changes.as_slice()) {
        ([id], _) | (_, [id]) => Ok((*id).to_owned()),
        ([], _) => {
            let like =
                closest(wanted, ids().take(MANY)).map(|id| format!("; did you mean `{id}`?"));
            Err(Problem::new(
                Code::UnknownName,
                format!("{path} has no step `{wanted}`{}", like.unwrap_or_default()),
                format!("`mdc show {path} --format json` has the ids of all steps"),
            ))
        }
        (several, _) => Err(Problem::new(
            Code::Ambiguous,
            format!("{path} has several steps `{wanted}`"),
            format!("name one of them: {}", several.join(", ")),
        )),
    }
}

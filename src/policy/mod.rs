//! Rules of the user's own over a plan, in Rego, the language of the Open Policy Agent, in the shape that
//! reviewers know from conftest: a package has sets `deny`, `violation` or `warn`, of messages or of
//! objects with a `msg`. What the rules see as `input` is the plan file.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::diagnostic::SourceText;

/// How long all rules may take together.
const LIMIT: Duration = Duration::from_mins(1);
/// How many units of work are done before the clock is looked at.
const INTERVAL: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// What the library says of a rule that no file has; a test holds it to that.
const NO_SUCH_RULE: &str = "not a valid rule path";
/// Rules whose members refuse a plan, and those whose members are only told: by this name, or by one that
/// begins with it and `_`, as conftest has it.
const DENY: [&str; 2] = ["deny", "violation"];
const WARN: &str = "warn";

/// Why rules can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// It is not Rego: where and why, in the words of the parser.
    #[error("{0}")]
    NotRego(String),
    /// No package has any.
    #[error("`{0}` has no rule `deny`, `violation`, `warn`, or one that begins so (`deny_stage2`)")]
    NoRules(String),
    /// Rules can't be evaluated.
    #[error("{0}")]
    Failed(String),
}

/// What rules say of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// How many rules were asked.
    pub asked: usize,
    /// What refuses the plan.
    pub denied: Vec<Finding>,
    /// What people should know.
    pub warned: Vec<Finding>,
}

/// One message of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The rule: `main.deny`.
    pub rule: String,
    /// What it says.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// Asks the rules of all `files` about `plan`, the text of a plan file.
///
/// # Errors
/// When a file is not Rego, a package has no rules, or a rule can't be evaluated.
pub fn ask(files: &[SourceText], plan: &str) -> Result<Verdict, PolicyError> {
    let mut engine = Engine::new();
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: LIMIT,
        check_interval: INTERVAL,
    });
    let mut rules: BTreeSet<(String, String)> = BTreeSet::new();
    let mut packages: Vec<String> = Vec::new();
    for file in files {
        let package = add(&mut engine, file)?;
        rules.extend(named(&file.text).map(|rule| (package.clone(), rule.to_owned())));
        packages.push(package);
    }
    engine.set_input(Value::from_json_str(plan).map_err(failed)?);
    let mut verdict = Verdict::default();
    for (package, rule) in &rules {
        let findings = if is_a(rule, WARN) { &mut verdict.warned } else { &mut verdict.denied };
        verdict.asked += usize::from(evaluate(&mut engine, (package, rule), findings)?);
    }
    if verdict.asked == 0 {
        return Err(PolicyError::NoRules(
            packages.iter().map(|it| name(it)).collect::<Vec<_>>().join("`, `"),
        ));
    }
    Ok(verdict)
}

fn failed(error: impl fmt::Display) -> PolicyError {
    PolicyError::Failed(said(&error.to_string()))
}

/// What the library says, on one line: it points at the place over several (`--> FILE:LINE:COLUMN`, the
/// line, `error: WHAT`).
fn said(error: &str) -> String {
    let line = |mark: &str| error.lines().rev().find_map(|line| line.trim().strip_prefix(mark));
    match (line("-->"), line("error:")) {
        (Some(place), Some(what)) => format!("{}: {}", place.trim(), what.trim()),
        _ => error.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The names at the beginnings of lines that rules of a policy may have.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words =
        text.lines().filter_map(move |line| line.trim_start().split(|c| !is_part(c)).next());
    words.filter(|word| DENY.iter().chain([&WARN]).any(|kind| is_a(word, kind)))
}

fn is_a(rule: &str, kind: &str) -> bool {
    rule.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Without the root under which all packages are.
fn name(package: &str) -> &str {
    package.strip_prefix("data.").unwrap_or(package)
}

/// Takes a file in, in the newer version of Rego or, where nothing speaks for that one, in the older; its
/// package.
fn add(engine: &mut Engine, file: &SourceText) -> Result<String, PolicyError> {
    let mut read = |older: bool| {
        engine.set_rego_v0(older);
        engine.add_policy(file.name.clone(), file.text.clone())
    };
    let added = match read(false) {
        Err(error) if !is_newer(&file.text) => read(true).map_err(|_| error),
        added => added,
    };
    added.map_err(|error| PolicyError::NotRego(said(&error.to_string())))
}

/// Whether a rule is written with a keyword that only the newer version has.
fn is_newer(text: &str) -> bool {
    let code = text.lines().filter_map(|line| line.split('#').next());
    code.flat_map(str::split_whitespace).any(|word| matches!(word, "if" | "contains"))
}

/// Whether there is such a rule; what it says goes to `findings`.
fn evaluate(
    engine: &mut Engine,
    (package, rule): (&str, &str),
    findings: &mut Vec<Finding>,
) -> Result<bool, PolicyError> {
    let path = format!("{package}.{rule}");
    let value = match engine.eval_rule(path.clone()) {
        Ok(Value::Undefined) => return Ok(true),
        Ok(value) => value,
        Err(error) if error.to_string() == NO_SUCH_RULE => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let text = value.to_json_str().map_err(failed)?;
    let said: serde_json::Value = serde_json::from_str(&text).map_err(failed)?;
    let messages = messages(&said);
    let rule = name(&path).to_owned();
    findings.extend(messages.into_iter().map(|message| Finding { rule: rule.clone(), message }));
    Ok(true)
}

/// The members of a set, in words; a rule that is only true or a text says one thing.
fn messages(said: &serde_json::Value) -> Vec<String> {
    use serde_json::Value::{Array, Bool, Object, String};
    match said {
        Array(all) => all.iter().flat_map(messages).collect(),
        Bool(true) => vec!["it holds".to_owned()],
        Bool(false) => Vec::new(),
        String(text) => vec![text.clone()],
        Object(fields) => match fields.get("msg") {
            Some(String(text)) => vec![text.clone()],
            _ => vec![said.to_string()],
        },
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests;

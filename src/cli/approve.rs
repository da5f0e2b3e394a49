//! `mdc approve`: what people sign of a plan.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::form::{Answer, Form, json};
use super::problem::Problem;
use super::{Exit, approval, show, sign};
use crate::approval::{Judged, Statement, folder_of};
use crate::catalog::Stage;
use crate::diagnostic::{Code, Diagnostics};
use crate::manifest;
use crate::plan::Plan;
use crate::signature::{PLAN, Signature};
use crate::transport::random_word;
use crate::value::Digest;
use crate::view;

/// Approves a saved plan: signs a short text about it with an SSH key, by ssh-keygen.
///
/// The text and its signature are put into the folder beside the plan that has its name and the ending
/// `.approvals`; keep it with the plan. By hand the same is `mdc approve --print PLAN >
/// PLAN.approvals/NAME`, then `ssh-keygen -Y sign -n mdc.plan -f KEY PLAN.approvals/NAME`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The plan file
    plan: Utf8PathBuf,
    /// The manifest, for --check, when it is no longer where the plan says
    manifest: Option<Utf8PathBuf>,
    /// Approve only this stage of the plan; default all that it has
    #[arg(long)]
    stage: Option<StageName>,
    /// The key to sign with: a private key, or the .pub file of one that an agent has
    #[arg(long, value_name = "FILE")]
    key: Option<Utf8PathBuf>,
    /// A note in one line, which is signed too
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print the text that would be signed, and sign nothing
    #[arg(long, conflicts_with = "check")]
    print: bool,
    /// Show who has approved the plan and what is missing; sign nothing. Exits with 1 when something
    /// is
    #[arg(long)]
    check: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    form: Form,
}

/// What was signed, for programs.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Signed {
    /// The text that is signed.
    text: String,
    /// The approval and its signature; none when nothing was signed.
    files: Vec<String>,
    /// Why it doesn't count as things are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StageName {
    /// Stage 1: files go on being processed
    Live,
    /// Stage 2: in a maintenance window
    Critical,
}

impl Approve {
    pub(super) fn run(&self, console: &Console) -> Result<Exit, Problem> {
        let plan = show::read(&self.plan)?;
        if self.check {
            return self.list(&plan, console);
        }
        let statement = self.statement(&plan)?;
        let text = statement.text(&plan);
        if self.print {
            if self.form.is_json() {
                self.answer(Signed { text, ..Signed::default() }, console)?;
            } else {
                console.data(&text)?;
            }
            return Ok(Exit::Done);
        }
        let Some(key) = &self.key else {
            return Err(Problem::new(
                Code::NotSigned,
                "there is no key to sign with",
                "name one with --key: a private key such as ~/.ssh/id_ed25519, or its .pub file when \
                 an agent has it; --print shows what would be signed",
            ));
        };
        console.show(&view::plan::document(&plan, view::plan::Detail::Summary, ""))?;
        console.say("What is signed:");
        for line in text.lines() {
            console.say(&format!("  {line}"));
        }
        if plan.approvals.is_none() {
            console.say("The manifest that it was made from asks for no approval.");
        }
        if !self.agrees(console)? {
            console.say("Nothing was signed.");
            self.answer(Signed { text, ..Signed::default() }, console)?;
            return Ok(Exit::Done);
        }
        let path = self.sign(key, &plan, &statement)?;
        console.say(&format!("The approval is in {path} and {path}.sig; keep both with the plan."));
        let refused = self.does_not_count(&plan, &path);
        if let Some(why) = &refused {
            console
                .warns(Code::ApprovalRefused, format!("as things are now it doesn't count: {why}"));
        }
        let files = vec![path.to_string(), format!("{path}.sig")];
        self.answer(Signed { text, files, refused }, console)?;
        Ok(Exit::Done)
    }

    /// Tells programs what was signed.
    fn answer(&self, signed: Signed, console: &Console) -> Result<(), Problem> {
        if !self.form.is_json() {
            return Ok(());
        }
        console.data(&json(&Answer::of("approval", signed))?)
    }

    /// Why the approval in the file at `path` doesn't count now, as far as the manifest is here.
    fn does_not_count(&self, plan: &Plan, path: &Utf8Path) -> Option<String> {
        let (manifest, _) = manifest::read(&self.manifest_of(plan));
        let (judged, _) = approval::judged(&manifest?, plan, &self.plan).ok()??;
        let name = path.file_name()?;
        judged.refused.into_iter().find(|refused| refused.name == name).map(|refused| refused.why)
    }

    fn manifest_of(&self, plan: &Plan) -> Utf8PathBuf {
        self.manifest
            .clone()
            .unwrap_or_else(|| self.plan.parent().unwrap_or(Utf8Path::new("")).join(&plan.manifest))
    }

    fn statement(&self, plan: &Plan) -> Result<Statement, Problem> {
        let has = plan.stages();
        let stages = match self.stage {
            None => has.clone(),
            Some(StageName::Live) => vec![Stage::Live],
            Some(StageName::Critical) => vec![Stage::Critical],
        };
        if has.is_empty() || !stages.iter().all(|stage| has.contains(stage)) {
            return Err(Problem::new(
                Code::NothingToApprove,
                format!("{} has nothing of that to approve", self.plan),
                "see with `mdc show` what it does; without --stage all that it has is approved",
            ));
        }
        Statement::new(stages, self.note.clone())
            .map_err(|error| Problem::new(Code::Unfit, error.to_string(), "correct --note"))
    }

    fn agrees(&self, console: &Console) -> Result<bool, Problem> {
        if self.yes {
            return Ok(true);
        }
        let question = "Sign this? Only the word yes is taken as agreement: ";
        let answer = console.answer(question).ok_or_else(|| {
            Problem::new(
                Code::NoTerminal,
                "there is no terminal to ask on whether this plan is approved",
                "read the plan, then give --yes",
            )
        })?;
        Ok(answer == "yes")
    }

    /// Signs under a hidden name first, so that nobody takes something unfinished for an approval.
    fn sign(
        &self,
        key: &Utf8Path,
        plan: &Plan,
        statement: &Statement,
    ) -> Result<Utf8PathBuf, Problem> {
        let folder = folder_of(&self.plan);
        let unwritable = |error: &std::io::Error| {
            Problem::file(&folder, error, "nothing was approved; make the folder writable")
        };
        fs::create_dir_all(&folder).map_err(|error| unwritable(&error))?;
        let word = random_word().map_err(|error| unwritable(&error))?;
        let hidden = folder.join(format!(".{word}"));
        let text = statement.text(plan);
        let signed = fs::write(&hidden, &text)
            .map_err(|error| unwritable(&error))
            .and_then(|()| sign::sign(key, PLAN, &hidden))
            .and_then(|signature| self.name(plan, statement, &signature))
            .and_then(|name| {
                let path = folder.join(name);
                fs::rename(&hidden, &path)
                    .and_then(|()| fs::rename(sign::beside(&hidden), sign::beside(&path)))
                    .map_err(|error| unwritable(&error))?;
                Ok(path)
            });
        if signed.is_err() {
            let _ = fs::remove_file(&hidden);
            let _ = fs::remove_file(sign::beside(&hidden));
        }
        signed
    }

    /// What the file of an approval is called: after whoever has signed, so that a second one of the
    /// same person takes the place of the first.
    fn name(
        &self,
        plan: &Plan,
        statement: &Statement,
        signature: &[u8],
    ) -> Result<String, Problem> {
        let parsed = Signature::parse(signature);
        let signature = parsed
            .and_then(|it| it.is_over(statement.text(plan).as_bytes(), PLAN).map(|()| it))
            .map_err(|error| {
                let what = format!("what ssh-keygen has made can't be used: {error}");
                Problem::new(
                    Code::NotSigned,
                    what,
                    "sign with an ed25519, ecdsa or rsa key, or a hardware key",
                )
            })?;
        let fingerprint = signature.fingerprint();
        let person = match &plan.approvals {
            None => fingerprint,
            Some(rule) => rule.person(&fingerprint).map(str::to_owned).ok_or_else(|| {
                let people: Vec<&str> = rule.people.keys().map(String::as_str).collect();
                Problem::new(Code::NotApprover,
                    format!("the key {fingerprint} is not among those who may approve this plan"),
                    format!(
                        "nothing was approved; sign with a key that the file of signers has (it names \
                         {}), or add it there, plan again and have that reviewed",
                        people.join(", ")
                    ),
                )
            })?,
        };
        let safe = |c: char| if c.is_ascii_alphanumeric() || "@._-".contains(c) { c } else { '-' };
        let mut name: String = person.trim_start_matches('.').chars().take(100).map(safe).collect();
        if name != person {
            // Two people must not come to the same name.
            name = format!("{name}-{}", Digest::of(person.as_bytes()).short());
        }
        let stage = match self.stage {
            None => "",
            Some(StageName::Live) => ".live",
            Some(StageName::Critical) => ".critical",
        };
        Ok(format!("{name}{stage}.txt"))
    }

    /// Shows who has approved, and what is missing.
    fn list(&self, plan: &Plan, console: &Console) -> Result<Exit, Problem> {
        let path = self.manifest_of(plan);
        let (manifest, found) = manifest::read(&path);
        let Some(manifest) = manifest else {
            return Err(Problem::Diagnostics(Diagnostics::sorted(found)));
        };
        let Some((judged, _)) = approval::judged(&manifest, plan, &self.plan)? else {
            console.say(&format!("{path} asks for no approvals."));
            if self.form.is_json() {
                console.data(&json(&Answer::of("approvals", Judged::default()))?)?;
            }
            return Ok(Exit::Done);
        };
        let answer = Answer::of("approvals", &judged);
        self.form.show(&answer, || view::approvals::document(plan, &judged), console)?;
        Ok(if judged.is_enough() { Exit::Done } else { Exit::Incomplete })
    }
}

//! What is said of approvals that are missing or don't count.

use std::collections::BTreeSet;
use std::ops::Range;

use camino::Utf8Path;

use super::{Judged, folder_of, statement};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Approvals, Manifest};
use crate::plan;
use crate::value::harmless;

/// That the plan at `path` holds another rule, `then`, than `manifest` has now.
#[must_use]
pub fn other_rule(
    manifest: &Manifest,
    (then, now): (Option<&plan::Approvals>, Option<&plan::Approvals>),
    path: &Utf8Path,
) -> Diagnostic {
    let moved = match (&manifest.approvals, then) {
        (Some(rule), Some(then)) => moved(rule, (then, now)),
        (Some(rule), None) => vec![("it asked for no approvals".to_owned(), &rule.signers.span)],
        (None, _) => Vec::new(),
    };
    let words: Vec<&str> = moved.iter().map(|(what, _)| what.as_str()).collect();
    let words = match words.as_slice() {
        [] => "the manifest asks for no approvals now".to_owned(),
        words => words.join("; "),
    };
    let what = format!("`{path}` was made under another rule of who has to approve plans: {words}");
    let problem = Diagnostic::new(Code::ApprovalRuleChanged, what)
        .help("no host was touched; make the plan again, have it reviewed and approved");
    moved.into_iter().fold(problem, |problem, (_, span)| {
        problem.at(Label::new(&manifest.source, span.clone(), "the rule now"))
    })
}

/// What moved from `then` to `now`, which `rule` says, each with its place there.
fn moved<'r>(
    rule: &'r Approvals,
    (then, now): (&plan::Approvals, Option<&plan::Approvals>),
) -> Vec<(String, &'r Range<usize>)> {
    let numbers = [("live", then.live, &rule.live), ("critical", then.critical, &rule.critical)];
    let numbers = numbers.into_iter().filter(|(_, was, is)| *was != is.value);
    let mut moved: Vec<_> = numbers
        .map(|(key, was, is)| (format!("`{key}` was {was}, is {}", is.value), &is.span))
        .collect();
    if now.is_some_and(|now| (&now.signers, &now.people) != (&then.signers, &then.people)) {
        let what = format!("the file of signers `{}` is another one", rule.signers.value);
        moved.push((what, &rule.signers.span));
    }
    moved
}

impl Judged {
    /// What is wrong with the approvals of the plan at `path`, which the `rule` of `manifest` asks for;
    /// an error when there are too few.
    #[must_use]
    pub fn diagnose(
        &self,
        (manifest, rule): (&Manifest, &Approvals),
        path: &Utf8Path,
    ) -> Diagnostics {
        let folder = folder_of(path);
        let refused = self.refused.iter().map(|refused| {
            let file = folder.join(&refused.name);
            let what = format!("`{}` doesn't count: {}", harmless(file.as_str(), &[]), refused.why);
            Diagnostic::new(Code::ApprovalRefused, what)
                .help("remove it, or have that person approve again with `mdc approve`")
        });
        let mut found: Diagnostics = refused.collect();
        for (&stage, &(asked, have)) in &self.stages {
            if have >= asked {
                continue;
            }
            let approve = |it: &&super::Approval| it.stages.contains(&stage);
            let people = self.counted.iter().filter(approve).map(|it| it.person.as_str());
            let people: BTreeSet<&str> = people.collect();
            let people: Vec<&str> = people.into_iter().collect();
            let by = if people.is_empty() {
                "so far nobody has".to_owned()
            } else {
                format!("so far {}", people.join(", "))
            };
            let stage = (statement::name(stage), rule.asked_for(stage));
            let what = format!(
                "`{path}` is not approved for its stage `{}`: {} must approve it, {by}; {} missing",
                stage.0,
                if asked == 1 { "1 person".to_owned() } else { format!("{asked} people") },
                asked - have
            );
            found.push(
                Diagnostic::new(Code::ApprovalMissing, what)
                    .at(Label::new(&manifest.source, stage.1.span.clone(), "asked for here"))
                    .help(format!(
                        "no host was touched; let them run `mdc approve {path} --key KEY`, put what \
                         that writes to `{folder}` beside the plan, and apply again"
                    )),
            );
        }
        found
    }
}

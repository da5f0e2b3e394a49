//! What is said of evidence that is missing or doesn't count.

use camino::Utf8Path;

use super::Judged;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Manifest, Rehearsal};
use crate::plan::RehearsalRule;
use crate::value::harmless;

/// That the plan at `path` holds another rule, `then`, than `manifest` has now.
#[must_use]
pub fn other_rule(
    manifest: &Manifest,
    (then, now): (Option<&RehearsalRule>, Option<&RehearsalRule>),
    path: &str,
) -> Diagnostic {
    let moved = match (then, now) {
        (Some(then), Some(now)) => moved(then, now).join("; "),
        (None, _) => "it asked for no rehearsal".to_owned(),
        (Some(_), None) => "the manifest asks for no rehearsal now".to_owned(),
    };
    let what = format!("{path} was made under another rule of what has to be rehearsed: {moved}");
    let problem = Diagnostic::new(Code::EvidenceRuleChanged, what)
        .help("no host was changed; make the plan again, and have it reviewed");
    match &manifest.rehearsal {
        Some(rule) => {
            problem.at(Label::new(&manifest.source, rule.signers.span.clone(), "the rule now"))
        }
        None => problem,
    }
}

/// What moved from `then` to `now`, in words.
fn moved(then: &RehearsalRule, now: &RehearsalRule) -> Vec<String> {
    let age = |rule: &RehearsalRule| {
        rule.max_age.map_or_else(|| "none".to_owned(), |age| format!("\"{age}\""))
    };
    let keys = [
        ("max-age", age(then), age(now)),
        ("accept-simulated", then.accept_simulated.to_string(), now.accept_simulated.to_string()),
    ];
    let keys = keys.into_iter().filter(|(_, was, is)| was != is);
    let mut moved: Vec<String> =
        keys.map(|(key, was, is)| format!("`{key}` was {was}, is {is}")).collect();
    if then.signers != now.signers {
        moved.push("the file of those who may sign evidence is another one".to_owned());
    }
    moved
}

/// So many are named; a plan names them all.
const MOST: usize = 20;

impl Judged {
    /// Which evidence in `folder` doesn't count, and why.
    #[must_use]
    pub fn refusals(&self, folder: &Utf8Path) -> Diagnostics {
        let refused = self.refused.iter().map(|refused| {
            let file = folder.join(&refused.name);
            let what = format!("`{}` doesn't count: {}", harmless(file.as_str(), &[]), refused.why);
            Diagnostic::new(Code::EvidenceRefused, what)
                .help("remove it, or rehearse again and have the new evidence signed")
        });
        refused.collect()
    }

    /// What is wrong with the evidence in `folder` that the `rule` of `manifest` asks for; an error when
    /// some is missing.
    #[must_use]
    pub fn diagnose(
        &self,
        (manifest, rule): (&Manifest, &Rehearsal),
        folder: &Utf8Path,
    ) -> Diagnostics {
        let mut found = self.refusals(folder);
        if !self.missing.is_empty() {
            let missing = self.missing.iter().take(MOST).map(|it| format!("\n- {}", it.in_words()));
            let more = self.missing.len().saturating_sub(MOST);
            let more = if more == 0 { String::new() } else { format!("\n- and {more} more") };
            let what =
                format!("not everything was rehearsed:{}{more}", missing.collect::<String>());
            found.push(
                Diagnostic::new(Code::EvidenceMissing, what)
                    .at(Label::new(
                        &manifest.source,
                        rule.signers.span.clone(),
                        "rehearsals are asked for",
                    ))
                    .help(format!(
                        "no host was changed; rehearse it on another cluster with `mdc rehearse MANIFEST \
                         -o FILE.json --sign KEY`, put the file and its .sig into {folder}, and apply \
                         again"
                    )),
            );
        }
        found
    }
}

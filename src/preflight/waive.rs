//! Waivers: what the checks found, and somebody has decided to go without.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Finding;
use crate::address::HostName;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Remark, Severity};
use crate::manifest::{Manifest, Waiver};

/// Findings, sorted by what follows from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// No plan is made or begun with them.
    pub refused: Vec<Finding>,
    /// A plan says them.
    pub warnings: Vec<Finding>,
    /// The waivers, in the order of the manifest, with what each covers.
    pub waived: Vec<Waived>,
}

/// A waiver, and what it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Waived {
    /// Which check.
    pub check: String,
    /// On which host; on all of them when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// Why, in the words of whoever decided it.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    #[schemars(with = "String")]
    pub until: Date,
    /// What was found and is covered by it, in words.
    pub covers: Vec<String>,
}

/// What follows from `findings` under `waivers`. Each finding is covered by the first waiver that fits.
#[must_use]
pub fn judge(findings: Vec<Finding>, waivers: &[Waiver]) -> Judged {
    let waived = waivers.iter().map(|waiver| Waived {
        check: waiver.check.as_str().to_owned(),
        host: waiver.host.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until,
        covers: Vec::new(),
    });
    let mut judged = Judged { waived: waived.collect(), ..Judged::default() };
    for finding in findings {
        let fits = |waiver: &Waiver| {
            let here = waiver.host.as_ref().is_none_or(|host| *host == finding.host);
            waiver.check == finding.check && finding.check.is_waivable() && here
        };
        let place = waivers.iter().position(fits);
        match place.and_then(|place| judged.waived.get_mut(place)) {
            Some(waived) => waived.covers.push(format!("{} {}", finding.place(), finding.says)),
            None if finding.check.severity() == Severity::Error => judged.refused.push(finding),
            None => judged.warnings.push(finding),
        }
    }
    judged
}

impl Judged {
    /// The waivers that cover nothing, at their places in the manifest.
    #[must_use]
    pub fn unused(&self, manifest: &Manifest) -> Diagnostics {
        let both = self.waived.iter().zip(&manifest.waivers);
        let unused = both.filter(|(waived, _)| waived.covers.is_empty());
        unused
            .map(|(waived, written)| {
                let message =
                    format!("the waiver of `{}` covers nothing that was found", waived.check);
                Diagnostic::new(Code::WaiverUnused, message)
                    .at(Label::new(&manifest.source, written.span.clone(), "not needed now"))
                    .help("take it out when what it was for is mended")
            })
            .collect()
    }

    /// The warnings for the plan, those that say the same of many hosts in one line each.
    #[must_use]
    pub fn in_words(&self) -> Vec<Remark> {
        let mut alike: Vec<(&str, Code, Vec<String>)> = Vec::new();
        for finding in &self.warnings {
            let same = alike.iter_mut().find(|it| it.0 == finding.says && it.1 == finding.check);
            match same {
                Some((.., places)) => places.push(finding.place()),
                None => alike.push((&finding.says, finding.check, vec![finding.place()])),
            }
        }
        let line = |(says, check, places): (&str, Code, Vec<String>)| {
            check.said(match places.as_slice() {
                [one] => format!("{one} {says}"),
                [one, more @ ..] => {
                    let hosts = more.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
                    let beyond = more.len().saturating_sub(MOST);
                    let beyond =
                        if beyond > 0 { format!(" and {beyond} more") } else { String::new() };
                    format!("{one} {says}; the same on {hosts}{beyond}")
                }
                [] => String::new(),
            })
        };
        alike.into_iter().map(line).collect()
    }
}

/// So many further hosts are named in a line.
const MOST: usize = 8;

/// The waivers whose last day is over on `today` (in UTC), at their places in the manifest.
#[must_use]
pub fn expired(manifest: &Manifest, today: Date) -> Diagnostics {
    let over = manifest.waivers.iter().filter(|waiver| waiver.until < today);
    over.map(|waiver| {
        let message = format!(
            "the waiver of `{}` held until {}, and that is over",
            waiver.check.as_str(),
            waiver.until
        );
        Diagnostic::new(Code::WaiverExpired, message)
            .at(Label::new(&manifest.source, waiver.span.clone(), "expired"))
            .help(format!(
                "mend what it was for and take it out, or decide anew and set another day \
                 (the reason was: {})",
                waiver.reason
            ))
    })
    .collect()
}

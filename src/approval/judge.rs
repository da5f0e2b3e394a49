//! Which approvals count, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{Approval, File, Statement};
use crate::catalog::Stage;
use crate::plan::{Approvals, Plan};
use crate::signature::{PLAN, Signature, Signers, Unsigned};

/// What came of looking at the approvals of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Judged {
    /// Those that count, in the order of their files.
    pub counted: Vec<Approval>,
    /// Those that don't.
    pub refused: Vec<Refused>,
    /// How many people are asked for and how many have approved, by stage of the plan.
    #[serde(serialize_with = "in_words")]
    #[schemars(with = "BTreeMap<Stage, Count>")]
    pub stages: BTreeMap<Stage, (u32, u32)>,
}

/// People, as programs read it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Count {
    /// How many are asked for.
    asked: u32,
    /// How many have approved.
    have: u32,
}

fn in_words<S: Serializer>(
    stages: &BTreeMap<Stage, (u32, u32)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let count =
        |(stage, (asked, have)): (_, &(u32, u32))| (stage, Count { asked: *asked, have: *have });
    serializer.collect_map(stages.iter().map(count))
}

/// A file that is not an approval that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why, in words.
    pub why: String,
}

impl Judged {
    /// Whether enough people have approved every stage.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.stages.values().all(|(asked, have)| have >= asked)
    }
}

/// Which of `files` approve `plan` under `rule` at the time `at`, by those of `signers` that are valid
/// then. A person counts once, with however many keys.
#[must_use]
pub fn judge(
    (plan, rule): (&Plan, &Approvals),
    signers: &Signers,
    files: &[File],
    at: Timestamp,
) -> Judged {
    let mut judged = Judged::default();
    for file in files {
        match approval(plan, signers, file, at) {
            Ok(approval) => judged.counted.push(approval),
            Err(why) => judged.refused.push(Refused { name: file.name.clone(), why }),
        }
    }
    for stage in plan.stages() {
        let approve = judged.counted.iter().filter(|it| it.stages.contains(&stage));
        let people: BTreeSet<&str> = approve.map(|it| it.person.as_str()).collect();
        let have = u32::try_from(people.len()).unwrap_or(u32::MAX);
        judged.stages.insert(stage, (rule.asked_for(stage), have));
    }
    judged
}

/// The approval that `file` holds; why it doesn't count.
fn approval(
    plan: &Plan,
    signers: &Signers,
    file: &File,
    at: Timestamp,
) -> Result<Approval, String> {
    let Some(text) = &file.text else {
        return Err("the text that it signs is not there, or can't be read".to_owned());
    };
    let Some(armoured) = &file.signature else {
        return Err(format!("it is not signed: there is no {}.sig that can be read", file.name));
    };
    // The text first: an approval of an older plan is a good one, but of that plan.
    let statement = Statement::parse(text, plan).map_err(|error| error.to_string())?;
    let signed = Signature::parse(armoured)
        .and_then(|signature| signature.by(signers, (text, PLAN), at))
        .map_err(|error: Unsigned| error.to_string())?;
    let Statement { stages, note } = statement;
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Approval {
        person: signed.person,
        key: signed.fingerprint,
        stages,
        note,
        text: lossy(text),
        signature: lossy(armoured),
    })
}

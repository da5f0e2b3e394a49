//! What a component's own documentation asks for around a change of its version, as command lines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Major, health};
use crate::value::Period;

/// What is done on a component's host around a change of its version, and what has to be the same
/// afterwards. All command lines run as root, and are handlebars templates over the ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Procedure {
    /// What is done before the change, in this order, while the component runs in its old version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Act>,
    /// What is done after it, once the component is healthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finish: Vec<Act>,
    /// What is asked right before the change and again at its end, and compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<Keep>,
    /// How it is told which of several hosts is the primary: the others change before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How the data come to another major version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<Major>,
}

/// How it is told which of several hosts is the primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Role {
    /// The command line that prints the role of the component on its host in one word. It runs as the
    /// login user. Further words say why the primary can't hand its role over.
    #[schemars(length(min = 1))]
    pub ask: String,
    /// The word for the primary.
    #[schemars(length(min = 1))]
    pub primary: String,
    /// How the primary hands its role over to another host, before it is changed itself; does nothing
    /// when it isn't the primary any more, and ends when another one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<Act>,
}

impl Role {
    /// Whether `said`, a component's own answer, is that of the primary.
    #[must_use]
    pub fn is_primary(&self, said: &str) -> bool {
        said.split(' ').next() == Some(self.primary.as_str())
    }

    /// How what says `said` hands its role over; otherwise why it doesn't, in words.
    ///
    /// # Errors
    /// When the primary keeps its role.
    pub fn hand_over(&self, said: &str) -> Result<&Act, &'static str> {
        match &self.hand_over {
            Some(act) if said == self.primary => Ok(act),
            Some(_) => Err("it says that it can't"),
            None => Err("the catalog knows no way"),
        }
    }
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Act {
    /// What it does, to be read after "while" and "could not": `save the data to disk`.
    #[schemars(length(min = 1))]
    pub say: String,
    /// The command line. Running it twice comes to the same as running it once.
    #[schemars(length(min = 1))]
    pub run: String,
    /// The time after which it is ended.
    #[serde(default = "act")]
    pub within: Period,
}

/// Something that a change must leave as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Keep {
    /// What it is, in the plural, and unlike the others of the component: `durable queues`.
    #[schemars(length(min = 1))]
    pub what: String,
    /// The command line that prints it, the same lines each time that it is asked.
    #[schemars(length(min = 1))]
    pub ask: String,
    /// What it may be afterwards.
    #[serde(default)]
    pub rule: Rule,
    /// The time after which the question is given up.
    #[serde(default = "ask")]
    pub within: Period,
}

const fn act() -> Period {
    Period::seconds(300)
}

const fn ask() -> Period {
    Period::seconds(60)
}

/// What the answer to a question may be after a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The same lines in the same order.
    #[default]
    Equal,
    /// Each line ends with a number; what is before it is a name. Every name is there again with a
    /// number that is not smaller, and others may have come; a name with 0 may be missing.
    NotFewer,
}

impl Procedure {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same with its ports filled in.
    ///
    /// # Errors
    /// Which command line can't be made, and what is wrong with it, in words.
    pub fn filled(&self, ports: &BTreeMap<String, u16>) -> Result<Self, String> {
        let mut filled = self.clone();
        let fill = |what: &str, line: &mut String| {
            *line = health::fill(line, ports).map_err(|wrong| format!("`{what}`: {wrong}"))?;
            Ok::<_, String>(())
        };
        for act in filled.prepare.iter_mut().chain(&mut filled.finish) {
            fill(&act.say, &mut act.run)?;
        }
        for keep in &mut filled.keeps {
            fill(&keep.what, &mut keep.ask)?;
        }
        if let Some(role) = &mut filled.role {
            fill("role", &mut role.ask)?;
            if let Some(act) = &mut role.hand_over {
                fill(&act.say, &mut act.run)?;
            }
        }
        filled.major = self.major.as_ref().map(|major| major.filled(ports)).transpose()?;
        Ok(filled)
    }
}

impl Rule {
    /// What is not as it has to be in `after`, compared with `before`, in words; nothing when all is.
    #[must_use]
    pub fn differences(self, before: &[String], after: &[String]) -> Vec<String> {
        match self {
            Self::Equal if before == after => Vec::new(),
            Self::Equal => {
                let lost = before.iter().filter(|line| !after.contains(line));
                let new = after.iter().filter(|line| !before.contains(line));
                let mut found: Vec<String> = lost.map(|line| format!("`{line}` is gone")).collect();
                found.extend(new.map(|line| format!("`{line}` is new")));
                if found.is_empty() {
                    found.push("the same lines stand in another order or number".to_owned());
                }
                found
            }
            Self::NotFewer => {
                let now: BTreeMap<&str, Option<u64>> = after.iter().map(|it| number(it)).collect();
                before.iter().filter_map(|line| fewer(line, &now)).collect()
            }
        }
    }
}

/// What is wrong with what there is `now` of what `line` says was there.
fn fewer(line: &str, now: &BTreeMap<&str, Option<u64>>) -> Option<String> {
    let (name, before) = number(line);
    let Some(before) = before else {
        return Some(format!("`{line}` ends with no number to compare"));
    };
    let of = if name.is_empty() { String::new() } else { format!(" of `{name}`") };
    match now.get(name) {
        None if before == 0 => None,
        None => Some(format!("{before}{of} were there, and nothing is told now")),
        Some(None) => Some(format!("{before}{of} were there, and no number is told now")),
        Some(Some(after)) if *after < before => {
            Some(format!("{before}{of} were there, and {after} are now"))
        }
        Some(Some(_)) => None,
    }
}

/// The name and the number of a line.
fn number(line: &str) -> (&str, Option<u64>) {
    let line = line.trim();
    let (name, number) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
    match number.parse() {
        Ok(number) => (name.trim_end(), Some(number)),
        Err(_) => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(rule: Rule, before: &str, after: &str) -> String {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        rule.differences(&lines(before), &lines(after)).join("; ")
    }

    #[test]
    fn each_rule_tells_what_is_not_as_it_was() {
        use Rule::{Equal, NotFewer};
        for (rule, before, after, said) in [
            (Equal, "", "", ""),
            (Equal, "a\nb", "a\nb", ""),
            (Equal, "a\nb", "b", "`a` is gone"),
            (Equal, "a", "a\nb", "`b` is new"),
            (Equal, "a 1", "a 2", "`a 1` is gone; `a 2` is new"),
            (Equal, "a\nb", "b\na", "the same lines stand in another order or number"),
            (Equal, "a\na", "a", "the same lines stand in another order or number"),
            (NotFewer, "", "", ""),
            (NotFewer, "5", "5", ""),
            (NotFewer, "5", "7", ""),
            (NotFewer, "5", "4", "5 were there, and 4 are now"),
            (NotFewer, "a 5\nb 1", "b  1\nc 0\na 6", ""),
            (NotFewer, "a b\t5", "a b 4", "5 of `a b` were there, and 4 are now"),
            (NotFewer, "a 5", "b 5", "5 of `a` were there, and nothing is told now"),
            (NotFewer, "a 5", "", "5 of `a` were there, and nothing is told now"),
            (NotFewer, "a 0", "", ""),
            (NotFewer, "error", "error", "`error` ends with no number to compare"),
            (NotFewer, "-1", "-1", "`-1` ends with no number to compare"),
            (
                NotFewer,
                "18446744073709551616",
                "1",
                "`18446744073709551616` ends with no number to compare",
            ),
        ] {
            assert_eq!(differences(rule, before, after), said, "{rule:?}: {before:?} {after:?}");
        }
    }

    #[test]
    fn command_lines_are_filled_and_a_bad_one_is_named() {
        let act = |run: &str| Act { say: "save".into(), run: run.into(), within: act() };
        let ports = BTreeMap::from([("main".to_owned(), 80)]);
        let procedure = |run| Procedure { finish: vec![act(run)], ..Procedure::default() };
        let filled = procedure("s -p {{ports.main}}").filled(&ports).unwrap();
        assert_eq!(filled.finish[0].run, "s -p 80");
        let wrong = procedure("s -p {{ports.man}}").filled(&ports).unwrap_err();
        assert!(wrong.starts_with("`save`: it uses the port `man`"), "{wrong}");
    }
}

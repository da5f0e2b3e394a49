//! The review of logs: where they end is recorded before anything is changed, and what came to them since
//! then is read at the end. What was recorded first counts for the whole run, whoever goes on with it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::PoisonError;

use super::event::Event;
use super::hosts::each;
use super::telling::lines;
use super::worker::{Work, Worker};
use crate::address::HostName;
use crate::manifest::FailOn;
use crate::plan::HealthyBefore;
use crate::state::{FailureKind, LogFound, LogsRead, StepFailure};
use crate::transport::{Command, LogsSince, Output, Task};

/// How many hosts are asked at the same time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// The longest mark that is recorded, in lines: its time, and a hundred files.
const LONGEST: usize = 101;
/// By this word what a host says stands with the mark.
const WHAT: &str = "where the log ends on ";

impl Worker<'_> {
    /// Has each host tell where its log ends, unless that is recorded. Who can't be asked fails nothing
    /// here: the first change on it does, and at the end its log is told as not read.
    pub(super) fn mark_logs(&self, work: &Work<'_>) -> Result<String, StepFailure> {
        let step = &work.step.id;
        let mut members = self.whom(work);
        members.retain(|host, _| self.notes.before(step, &what(host)).is_none());
        let is_mark = |task: &Task| matches!(task, Task::MarkLog { .. });
        let said = self.each_says(&members, is_mark, |_| Some(String::new()));
        let mut unknown = Vec::new();
        for (host, said) in said {
            let marked = said.map(|output| lines(&output.stdout)).ok();
            let Some(mut marked) = marked.filter(|it| !it.is_empty()) else {
                unknown.push(host.as_str());
                continue;
            };
            marked.truncate(LONGEST);
            let taken = self.notes.take(step, &what(host), marked.into());
            taken.map_err(|why| not_recorded(work, why))?;
        }
        Ok(match unknown.as_slice() {
            [] => "it is noted where the logs end".to_owned(),
            hosts => format!("it is not known where the logs end on {}", hosts.join(", ")),
        })
    }

    /// Reads what came to the logs since then.
    pub(super) fn read_logs(&self, work: &Work<'_>) -> Result<LogsRead, StepFailure> {
        self.tell(Event::CommandStarted { step: work.step.id.to_string(), index: 0 });
        let Some(Task::ReadLogs(LogsSince { component, since, fail_on, .. })) =
            work.step.commands.first().map(|command| &command.task)
        else {
            return Ok(LogsRead { hosts: 0, found: Vec::new(), accepted: None });
        };
        let mut members = self.whom(work);
        // What somebody has left out for a reason has not changed.
        members.retain(|_, it| !self.left_out.leaves(&it.host, &it.component));
        let mark = |host: &HostName| {
            let marked = self.notes.before(since, &what(host));
            marked.map(|lines| lines.join("\n") + "\n")
        };
        let is_read = |task: &Task| matches!(task, Task::ReadLog { .. });
        let said = self.each_says(&members, is_read, mark);
        let found = said.into_iter().filter_map(|(host, said)| finding(host, said)).collect();
        let read = LogsRead { hosts: members.len(), found, accepted: None };
        if !fails(&read, *fail_on) {
            return Ok(read);
        }
        // Nobody has accepted what nobody has seen: the same word may be given for a gate.
        match self.confirmed.get(component).filter(|_| work.attempt > 1) {
            Some(by) => Ok(LogsRead { accepted: Some(by.clone()), ..read }),
            None => Err(failure(component, &read)),
        }
    }

    /// Those that the step asks.
    pub(super) fn whom(&self, work: &Work<'_>) -> BTreeMap<&HostName, &HealthyBefore> {
        let members = self.plan.asked.get(&work.step.id).map_or(&[][..], |it| &it.0);
        members.iter().map(|member| (&member.host, member)).collect()
    }

    /// What each says to the command that `wanted` finds, with its input; or why it says nothing. One
    /// attempt each.
    fn each_says<'p>(
        &self,
        members: &BTreeMap<&'p HostName, &'p HealthyBefore>,
        wanted: impl Fn(&Task) -> bool + Sync,
        input: impl Fn(&HostName) -> Option<String> + Sync,
    ) -> BTreeMap<&'p HostName, Result<Output, String>> {
        let hosts: BTreeSet<&'p HostName> = members.keys().copied().collect();
        let mut said = BTreeMap::new();
        let _turn = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = |host: &HostName| -> Result<Output, String> {
            let member = members.get(host).ok_or("nobody knows how")?;
            let command =
                member.check.iter().find(|it| wanted(&it.task)).ok_or("nobody knows how")?;
            let input = input(host).ok_or("nobody noted where it ended when the run began")?;
            self.says(host, command, &input)
        };
        each(&hosts, AT_ONCE, ask, |host, answer| drop(said.insert(host, answer)));
        said
    }

    fn says(&self, host: &HostName, command: &Command, input: &str) -> Result<Output, String> {
        let done = self.reach.connections.with(host, |connection| {
            let mut bytes = input.as_bytes();
            if input.is_empty() {
                return connection.run(command, None);
            }
            connection.run(command, Some(&mut bytes))
        });
        let output = done.map_err(|failure| failure.problem.to_string())?;
        if output.end.is_success() {
            return Ok(output);
        }
        let said = lines(&output.stderr).into_iter().chain(lines(&output.stdout)).next();
        Err(said.unwrap_or_else(|| output.end.to_string()))
    }
}

fn what(host: &HostName) -> String {
    format!("{WHAT}{host}")
}

/// What there is to tell of a host; none when nothing was found.
fn finding(host: &HostName, said: Result<Output, String>) -> Option<LogFound> {
    let empty = || LogFound {
        host: host.clone(),
        failed_migrations: 0,
        errors: 0,
        lines: Vec::new(),
        unread: None,
    };
    let said = match said {
        Ok(output) => lines(&output.stdout),
        Err(why) => return Some(LogFound { unread: Some(format!("not read: {why}")), ..empty() }),
    };
    let value = |key: &str| said.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let number = |key: &str| value(key).and_then(|text| text.parse::<u64>().ok());
    let (Some(failed_migrations), Some(errors), Some((bytes, most))) =
        (number("failed-migrations"), number("errors"), value("bytes").and_then(two))
    else {
        let unread = Some("not read: its answer makes no sense".to_owned());
        return Some(LogFound { unread, ..empty() });
    };
    let unread = (bytes > most).then(|| format!("only its first {} MiB were read", most >> 20));
    if failed_migrations == 0 && errors == 0 && unread.is_none() {
        return None;
    }
    let lines = said.iter().filter_map(|line| line.strip_prefix("line ")).map(str::to_owned);
    Some(LogFound { failed_migrations, errors, lines: lines.collect(), unread, ..empty() })
}

fn two(text: &str) -> Option<(u64, u64)> {
    let (one, other) = text.split_once(' ')?;
    Some((one.trim().parse().ok()?, other.trim().parse().ok()?))
}

/// Whether what was found fails a run. A log that can't be read is told and fails none: health is what
/// says whether its host works.
fn fails(read: &LogsRead, fail_on: FailOn) -> bool {
    read.found.iter().any(|found| match fail_on {
        FailOn::FailedMigration => found.failed_migrations > 0,
        FailOn::Error => found.failed_migrations + found.errors > 0,
        FailOn::Never => false,
    })
}

/// How many lines a failure shows.
const SHOWN: usize = 15;

/// Nothing is taken back for it by itself: people have to look.
fn failure(component: &str, read: &LogsRead) -> StepFailure {
    let told = read.found.iter();
    let told = told.flat_map(|it| it.lines.iter().map(|line| format!("{}: {line}", it.host)));
    StepFailure {
        kind: FailureKind::Waits,
        // They were read: what is in them is what fails it.
        during: format!("accept what came to the logs of {component} since the run began"),
        command: String::new(),
        ended: read.in_words(),
        output: told.take(SHOWN).collect(),
        hint: format!(
            "the changes are made and stay; read these lines and what stands around them. What they tell \
             of may have to be mended by the vendor's own means. When {component} works all the same: \
             `mdc resume --confirm {component}` records that you have accepted them; for lines that mean \
             nothing, write a pattern under `ignore` of [components.{component}.logs]"
        ),
    }
}

fn not_recorded(work: &Work<'_>, why: String) -> StepFailure {
    StepFailure {
        kind: FailureKind::Here,
        during: work.step.commands.first().map(|it| it.task.in_words()).unwrap_or_default(),
        command: String::new(),
        ended: why,
        output: Box::default(),
        hint: "nothing was changed; mend where the run is recorded, then `mdc resume`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::End;

    fn found(stdout: &str) -> Option<LogFound> {
        let stdout = stdout.as_bytes().to_vec();
        let output = Output { end: End::Exit(0), stdout, stderr: Vec::new() };
        finding(&"core-01".parse().unwrap(), Ok(output))
    }

    #[test]
    fn an_answer_is_taken_for_what_it_says_and_no_more() {
        assert_eq!(found("bytes 5 9\nfailed-migrations 0\nerrors 0\n"), None);
        let it =
            found("bytes 5 9\nfailed-migrations 1\nerrors 2\nline a\u{1b}[2J\nline errors 0\n");
        let it = it.unwrap();
        assert_eq!((it.failed_migrations, it.errors, it.unread.clone()), (1, 2, None));
        assert_eq!(it.lines, ["a\u{fffd}[2J", "errors 0"]);
        assert_eq!(it.in_words(), "core-01: 1 failed migration, 2 errors");
        let cut = found("bytes 67108865 67108864\nfailed-migrations 0\nerrors 0\n").unwrap();
        assert_eq!(cut.in_words(), "core-01: only its first 64 MiB were read");
        for odd in ["", "errors 1\n", "bytes 1 1\nfailed-migrations x\nerrors 0\n", "line errors 1"]
        {
            let words = "core-01: not read: its answer makes no sense";
            assert_eq!(found(odd).unwrap().in_words(), words, "{odd:?}");
        }
    }

    #[test]
    fn what_was_read_and_fails_a_run_is_not_said_to_be_unread() {
        let found = found("bytes 5 9\nfailed-migrations 1\nerrors 0\n").into_iter().collect();
        let failed = failure("worker", &LogsRead { hosts: 1, found, accepted: None });
        assert_eq!(failed.during, "accept what came to the logs of worker since the run began");
        assert!(failed.ended.contains("core-01: 1 failed migration"), "{failed:?}");
    }

    #[test]
    fn what_fails_a_run_is_as_the_manifest_says() {
        let read = |failed_migrations, errors, unread: Option<&str>| LogsRead {
            hosts: 1,
            found: vec![LogFound {
                host: "core-01".parse().unwrap(),
                failed_migrations,
                errors,
                lines: Vec::new(),
                unread: unread.map(str::to_owned),
            }],
            accepted: None,
        };
        for (read, by_migration, by_error) in [
            (read(0, 0, Some("not read: refused")), false, false),
            (read(0, 1, None), false, true),
            (read(1, 0, None), true, true),
        ] {
            assert_eq!(fails(&read, FailOn::FailedMigration), by_migration, "{read:?}");
            assert_eq!(fails(&read, FailOn::Error), by_error, "{read:?}");
            assert!(!fails(&read, FailOn::Never));
        }
    }
}

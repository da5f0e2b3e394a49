//! The telling lines of what a failed command printed, and what to do about it.

use crate::address::HostName;
use crate::state::{FailureKind, StepFailure};
use crate::transport::{Command, Failure, Output, Problem, RelayTask, Task};
use crate::value::steers;

/// How many lines a failure shows.
const MOST: usize = 15;
/// How long a shown line may be, in characters.
const WIDEST: usize = 300;

/// Words that failing tools use in the lines that matter.
const TELLING: [&str; 9] =
    ["error", "fail", "cannot", "can't", "denied", "unable", "no space", "not found", "unmet"];

/// What tools print when the failure passes by itself: another program holds a lock (apt-get(8),
/// dpkg(1), dnf(8)), or a package server did not answer.
const PASSING: [&str; 11] = [
    "another installation is going on",
    "could not get lock",
    "unable to acquire the dpkg frontend lock",
    "is another process using it",
    "dpkg frontend lock was locked by another process",
    "waiting for process with pid",
    "failed to fetch",
    "temporary failure resolving",
    "temporary failure in name resolution",
    "curl error (28)",
    "failed to download metadata",
];

/// Whether a command failed for something that passes.
fn passes(output: &Output) -> bool {
    let said = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    let said = String::from_utf8_lossy(&said).to_ascii_lowercase();
    PASSING.iter().any(|words| said.contains(words))
}

/// A failed command of a step.
pub(super) fn failed_command(host: &HostName, command: &Command, output: &Output) -> StepFailure {
    StepFailure {
        kind: if passes(output) { FailureKind::Passing } else { FailureKind::Command },
        during: format!("{} on {host}", command.task.in_words()),
        command: command.run.clone(),
        ended: output.end.to_string(),
        output: telling_lines(output),
        hint: further(host, command, hint(host, command)),
    }
}

/// A way to a host that failed.
pub(super) fn failed_way(failure: &Failure, command: Option<&Command>) -> StepFailure {
    let kind = match &failure.problem {
        Problem::Unreachable(_) | Problem::TimedOut { .. } | Problem::Lost(_) => FailureKind::Way,
        _ => FailureKind::Here,
    };
    StepFailure {
        kind,
        during: format!("{} on {}", failure.during, failure.host),
        command: command.map(|command| command.run.clone()).unwrap_or_default(),
        ended: failure.problem.to_string(),
        output: Box::default(),
        hint: failure.hint.clone(),
    }
}

fn hint(host: &HostName, command: &Command) -> String {
    match &command.task {
        Task::CheckFile { .. } => format!(
            "the package file on {host} is not the one that was reviewed: remove it there and \
             apply again, it is then copied anew"
        ),
        Task::Rehearse { package, .. } | Task::Fetch { package, .. } => format!(
            "nothing that runs was changed; give {host} what {package} depends on (the lines above name \
             it), or a repository that has it"
        ),
        Task::Relay(RelayTask::LendFile { .. }) => {
            format!(
                "make the plan anew: it has the package file copied to {host} where it is missing"
            )
        }
        Task::ReceiveFile { .. } => format!("see free disk space and rights on {host}"),
        Task::AwaitHealth { unit, .. } | Task::CheckUnit { unit } | Task::StartUnit { unit } => {
            format!(
                "see `journalctl -u {unit}` on {host} (on Windows the event log about it), mend the \
                 cause"
            )
        }
        _ => format!("mend the cause on {host}"),
    }
}

/// What else there is to do about a Windows command that names a file of another machine: neither a job nor
/// a login takes anybody's credentials there.
fn further(host: &HostName, command: &Command, hint: String) -> String {
    let names_another = [r"'\\", r#""\\"#, r" \\"].iter().any(|it| command.run.contains(it));
    if !names_another {
        return hint;
    }
    format!(
        "{hint}; it names a file of another machine, which is a second hop: a job goes there as the account of \
         {host} itself (DOMAIN\\HOST$), and a login by NTLM or Kerberos not at all. On that machine let the \
         account of {host} in, or have the file on {host}"
    )
}

/// The lines with telling words and the last ones of standard error, or of both streams when there
/// are few; made harmless. What dpkg says of an error stands on apt's standard output, where apt
/// shows what happens on dpkg's terminal.
pub(super) fn telling_lines(output: &Output) -> Box<[String]> {
    let errors = lines(&output.stderr);
    let few = errors.len() < 3;
    let mut lines = lines(&output.stdout);
    lines.retain(|line| few || tells(line));
    lines.extend(errors);
    let late = lines.len().saturating_sub(MOST / 2);
    let mut kept: Vec<String> = lines
        .into_iter()
        .enumerate()
        .filter(|(place, line)| *place >= late || tells(line))
        .map(|(_, line)| line)
        .collect();
    kept.drain(..kept.len().saturating_sub(MOST));
    kept.into()
}

fn tells(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    TELLING.iter().any(|word| line.contains(word))
}

pub(super) fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let harmless = |line: &str| -> String {
        line.trim_end()
            .chars()
            .take(WIDEST)
            .map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c })
            .collect()
    };
    text.lines().map(harmless).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Account;
    use crate::value::Period;

    #[test]
    fn a_file_of_another_machine_is_told_of_as_a_second_hop() {
        let host: HostName = "win-01".parse().unwrap();
        let hint = |run: &str| {
            let task = Task::BackUp { component: "redis".into(), newest: String::new() };
            let (account, within) = (Account::Root, Period::seconds(1));
            let command = Command { run: run.to_owned(), account, within, task };
            let end = crate::transport::End::Exit(1);
            let output = Output { end, stdout: Vec::new(), stderr: b"Access is denied".to_vec() };
            failed_command(&host, &command, &output).hint
        };
        assert!(hint(r"Copy-Item '\\nas\backups\x' C:\x").contains("second hop"));
        for own in [r"Copy-Item 'C:\backups\x' D:\x", "cp /srv/x /srv/y"] {
            assert!(!hint(own).contains("second hop"), "{own}");
        }
    }
}

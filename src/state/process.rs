//! A process, so described that another one can tell whether it still lives.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process. What the system doesn't tell is left out, and then nothing can be proved by it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Process {
    /// Its number.
    pub number: u32,
    /// The running kernel, by its boot id (random(4)): it differs between machines and between two
    /// starts of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The numbers' space: two containers can each have a process 1 (`pid_namespaces(7)`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// When it began, in the kernel's ticks: numbers are used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
}

impl Process {
    /// This process.
    #[must_use]
    pub fn current() -> Self {
        let number = std::process::id();
        Self { began: state(number).map(|state| state.began), ..Self::here(number) }
    }

    /// A process of this machine with that number, if there is one.
    fn here(number: u32) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let space = fs::read_link("/proc/self/ns/pid").ok();
        Self {
            number,
            boot: boot.map(|id| id.trim().to_owned()),
            space: space.map(|link| link.to_string_lossy().into_owned()),
            began: None,
        }
    }

    /// Whether it runs, or ran, under the kernel that this process runs under.
    #[must_use]
    pub fn is_of_this_kernel(&self) -> bool {
        self.boot.is_some() && self.boot == Self::here(0).boot
    }

    /// Whether it has surely ended. False also when it can't be known.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let here = Self::here(self.number);
        let visible = self.is_of_this_kernel() && self.space.is_some() && self.space == here.space;
        let Some(began) = self.began.filter(|_| visible) else { return false };
        match state(self.number) {
            Some(now) => now.dead || now.began != began,
            // Without /proc nothing is known; with it, a process that isn't there has ended.
            None => state(std::process::id()).is_some(),
        }
    }
}

struct State {
    /// Ended, and not yet noticed by its parent.
    dead: bool,
    began: u64,
}

/// Fields 3 and 22 of /proc/PID/stat (proc(5)). Field 2 is a name in brackets that may itself hold
/// spaces and brackets.
fn state(number: u32) -> Option<State> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X");
    Some(State { dead, began: fields.nth(18)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_lives_and_a_killed_one_does_not() {
        assert!(!Process::current().has_ended());
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let began = state(child.id()).map(|state| state.began);
        let other = Process { began, ..Process::here(child.id()) };
        assert!(other.is_of_this_kernel() && !other.has_ended());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(other.has_ended());
    }

    #[test]
    fn of_other_machines_and_other_containers_nothing_is_known() {
        let gone = Process { number: u32::MAX, began: Some(1), ..Process::current() };
        assert!(gone.has_ended());
        let elsewhere = Process { boot: Some("other".into()), ..gone.clone() };
        let contained = Process { space: Some("pid:[1]".into()), ..gone.clone() };
        let vague = Process { began: None, ..gone };
        assert!(![elsewhere, contained, vague].iter().any(Process::has_ended));
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let mine = Process::current();
        let before = Process { began: mine.began.map(|ticks| ticks - 1), ..mine };
        assert!(before.has_ended());
    }
}

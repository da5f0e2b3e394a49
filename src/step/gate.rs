//! Gates: what has to be so before stage 2. Each command only looks.

use crate::address::{ComponentName, HostName};
use crate::diff::Promise;
use crate::manifest::{BackupGate, ConfirmGate, IdleGate};
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Period, Share};

/// Time for one sample.
const SAMPLE: Period = Period::seconds(30);
/// Time for seeing that people have done something.
const VERIFY: Period = Period::seconds(60);

/// The command that prints how much is still to be done; asked again and again until it is nothing.
#[must_use]
pub fn await_idle(unit: &str, ask: &str, gate: &IdleGate) -> Command {
    Command {
        run: ask.to_owned(),
        // RabbitMQ's own tool, for one, reads a cookie that root and its service's user may read.
        account: Account::Root,
        within: SAMPLE,
        task: Task::AwaitIdle {
            unit: unit.to_owned(),
            samples: gate.samples,
            every: gate.every,
            give_up: gate.within,
        },
    }
}

/// What stands for asking all that have a component, but those `without`, until so many are healthy.
#[must_use]
pub fn await_healthy(component: &ComponentName, promise: &Promise, rest: Rest) -> Command {
    let Rest { without, give_up } = rest;
    Command {
        run: String::new(),
        account: Account::Login,
        // One of them may take as long as a check takes.
        within: Period::seconds(give_up.whole_seconds() + SAMPLE.whole_seconds()),
        task: Task::AwaitHealthy {
            component: component.to_string(),
            at_least: promise.healthy,
            of: promise.hosts,
            without,
            give_up,
        },
    }
}

/// What else a question to all that have a component needs.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Those that are not asked.
    pub without: Vec<HostName>,
    /// When it is given up.
    pub give_up: Period,
}

/// The command that finds the newest backup and prints what vouches for it: name, size, age, digest.
#[must_use]
pub fn prove_backup(component: &str, gate: &BackupGate) -> Command {
    let percent = match gate.at_least {
        Share::Percent(percent) => u32::from(percent),
        Share::Count(_) => 0,
    };
    let probe = gate.probe.as_ref().map_or_else(String::new, |probe| {
        // The file's name is an argument, never part of the text.
        format!(
            " && {{ sh -c {} probe \"$newest\" >/dev/null || {{ echo \"the probe can't read it\" >&2; exit 1; }}; }}",
            quote(probe)
        )
    });
    let run = format!(
        "newest= before=; for f in {pattern}; do [ -f \"$f\" ] || continue; \
         if [ -z \"$newest\" ] || [ \"$f\" -nt \"$newest\" ]; then before=$newest; newest=$f; \
         elif [ -z \"$before\" ] || [ \"$f\" -nt \"$before\" ]; then before=$f; fi; done; \
         [ -n \"$newest\" ] || {{ echo {none} >&2; exit 1; }}; \
         age=$(($(date +%s) - $(stat -c %Y \"$newest\"))); size=$(stat -c %s \"$newest\"); \
         echo \"$newest, $size bytes, $age s old\"; \
         [ $age -le {age} ] || {{ echo {old} >&2; exit 1; }}; \
         [ -z \"$before\" ] || [ $((size * 100)) -ge $(($(stat -c %s \"$before\") * {percent})) ] || \
         {{ echo \"it has less than {percent} % of the size of $before\" >&2; exit 1; }}; \
         sha256sum -- \"$newest\"{probe}",
        pattern = gate.newest,
        none = quote(&format!("no file is called {}", gate.newest)),
        age = gate.max_age.whole_seconds(),
        old = quote(&format!("that is older than {}", gate.max_age)),
    );
    let (component, newest) = (component.to_owned(), gate.newest.clone());
    let task = Task::ProveBackup { component, newest, max_age: gate.max_age };
    Command { run, account: Account::Root, within: gate.within, task }
}

/// The command that takes a backup: into a file that no pattern finds, which gets its name when it is
/// whole.
#[must_use]
pub fn back_up(component: &str, gate: &BackupGate) -> Option<Command> {
    let (take, (before, after)) = (gate.take.as_ref()?, gate.name()?);
    let (folder, before) = before.rsplit_once('/')?;
    let run = format!(
        "umask 077; d={folder}/; mkdir -p \"$d\" || exit 1; last=; \
         for f in {pattern}; do [ -f \"$f\" ] || continue; \
         if [ -z \"$last\" ] || [ \"$f\" -nt \"$last\" ]; then last=$f; fi; done; \
         need=0; [ -z \"$last\" ] || need=$(($(stat -c %s \"$last\") / 1024)); \
         free=$(df -Pk \"$d\" | awk 'NR == 2 {{ print $4 }}'); \
         [ \"$free\" -gt \"$need\" ] || {{ echo \"$d has $free KiB left, and the last backup took $need: \
         make room\" >&2; exit 1; }}; \
         new={before}$(date -u +%Y%m%dT%H%M%SZ){after}; part=$d.$new.part; \
         rm -f -- \"$d\".{before}*{after}.part; \
         if sh -c {take} take \"$part\" && [ -s \"$part\" ]; then sync \"$part\" && mv -- \"$part\" \"$d$new\"; \
         else rm -f -- \"$part\"; echo 'it could not be written, and is removed' >&2; exit 1; fi; \
         echo \"$d$new, $(stat -c %s \"$d$new\") bytes\"",
        pattern = gate.newest,
        take = quote(&take.by),
    );
    let task = Task::BackUp { component: component.to_owned(), newest: gate.newest.clone() };
    Some(Command { run, account: Account::Root, within: gate.within, task })
}

/// The command that sees that people have done what `gate` asks them for; without one they confirm it.
#[must_use]
pub fn confirm(component: &str, gate: &ConfirmGate) -> Command {
    let verified = gate.verify.is_some();
    Command {
        run: gate.verify.clone().unwrap_or_else(|| "true".to_owned()),
        account: Account::Root,
        within: VERIFY,
        task: Task::Confirm { component: component.to_owned(), text: gate.text.clone(), verified },
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command as Process, Output};

    use camino::Utf8Path;

    use super::*;

    fn ask(folder: &Utf8Path, probe: Option<&str>) -> Output {
        let gate = BackupGate {
            host: "db-01".parse().unwrap(),
            newest: format!("{folder}/*.dump"),
            max_age: Period::seconds(3600),
            at_least: Share::Percent(50),
            probe: probe.map(str::to_owned),
            within: Period::seconds(60),
        };
        let command = prove_backup("postgresql", &gate);
        Process::new("sh").args(["-c", &command.run]).output().unwrap()
    }

    fn file(folder: &Utf8Path, name: &str, size: usize, age: &str) {
        let path = folder.join(name);
        std::fs::write(&path, vec![b'x'; size]).unwrap();
        let touched =
            Process::new("touch").args(["-d", age, path.as_str()]).status().unwrap().success();
        assert!(touched);
    }

    /// By a real shell, on real files.
    #[test]
    fn a_backup_is_the_newest_one_young_enough_large_enough_and_readable() {
        for (files, probe, told) in [
            (&[][..], None, Err("no file is called")),
            (&[("a.dump", 100, "2 hours ago")], None, Err("that is older than 1h")),
            (&[("a.dump", 100, "10 minutes ago")], None, Ok("a.dump, 100 bytes")),
            (
                &[("a.dump", 100, "2 hours ago"), ("b.dump", 60, "1 minute ago")],
                None,
                Ok("b.dump, 60 bytes"),
            ),
            (
                &[("z.dump", 100, "2 hours ago"), ("b.dump", 49, "1 minute ago")],
                None,
                Err("less than 50 % of the size of"),
            ),
            (
                &[("a'b c.dump", 1, "1 minute ago")],
                Some("grep -q x \"$1\""),
                Ok("a'b c.dump, 1 bytes"),
            ),
            (
                &[("a.dump", 1, "1 minute ago")],
                Some("grep -q y \"$1\""),
                Err("the probe can't read it"),
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let folder = Utf8Path::from_path(folder.path()).unwrap();
            for (name, size, age) in files {
                file(folder, name, *size, age);
            }
            let output = ask(folder, probe);
            let said = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let (stdout, stderr) = (said(&output.stdout), said(&output.stderr));
            match told {
                Ok(words) => {
                    assert!(output.status.success() && stdout.contains(words), "{stdout}{stderr}");
                    let digest = stdout.lines().nth(1).and_then(|line| line.split(' ').next());
                    assert_eq!(
                        digest.map(|it| it.trim_start_matches('\\').len()),
                        Some(64),
                        "{stdout}"
                    );
                }
                Err(words) => {
                    assert!(!output.status.success() && stderr.contains(words), "{stdout}{stderr}");
                }
            }
        }
    }
}

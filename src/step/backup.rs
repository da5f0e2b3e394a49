//! Backups: taking them, and seeing what vouches for them.

mod told;

use super::windows;
use crate::manifest::BackupGate;
use crate::transport::{Account, Command, Task, quote};
use crate::value::Period;

/// The command that finds the newest backup and prints what vouches for it: name, size, age, digest.
/// Its file may be ahead of the host's clock by `skew`, since another host may have written it.
#[must_use]
pub fn prove_backup(component: &str, gate: &BackupGate, skew: Period) -> Command {
    let run = match &gate.told_by {
        Some(by) => told::prove(gate, by, skew),
        None if gate.is_on_windows() => windows::prove(gate, skew),
        None => prove(gate, skew),
    };
    let (component, newest) = (component.to_owned(), gate.in_words());
    let task = Task::ProveBackup { component, newest, max_age: gate.max_age };
    Command { run, account: Account::Root, within: gate.within, task }
}

/// Reads it by the gate's own command, in which its name, which `variable` has, is an argument and never
/// part of the text.
fn probe(gate: &BackupGate, variable: &str) -> String {
    gate.probe.as_ref().map_or_else(String::new, |probe| {
        format!(
            " && {{ sh -c {} probe \"${variable}\" >/dev/null || {{ echo \"the probe can't read it\" >&2; exit 1; }}; }}",
            quote(probe)
        )
    })
}

fn prove(gate: &BackupGate, skew: Period) -> String {
    let percent = gate.at_least.of_hundred();
    let probe = probe(gate, "newest");
    format!(
        "newest= before=; for f in {pattern}; do [ -f \"$f\" ] || continue; \
         if [ -z \"$newest\" ] || [ \"$f\" -nt \"$newest\" ]; then before=$newest; newest=$f; \
         elif [ -z \"$before\" ] || [ \"$f\" -nt \"$before\" ]; then before=$f; fi; done; \
         [ -n \"$newest\" ] || {{ echo {none} >&2; exit 1; }}; \
         age=$(($(date +%s) - $(stat -c %Y \"$newest\"))); size=$(stat -c %s \"$newest\"); \
         echo \"$newest, $size bytes, $age s old\"; \
         [ \"$size\" -gt 0 ] || {{ echo 'it is empty' >&2; exit 1; }}; \
         [ $age -ge -{skew} ] || {{ echo \"it is of the future: $((-age)) s ahead of the clock of this host\" >&2; exit 1; }}; \
         [ $age -le {age} ] || {{ echo {old} >&2; exit 1; }}; \
         [ -z \"$before\" ] || [ $((size * 100)) -ge $(($(stat -c %s \"$before\") * {percent})) ] || \
         {{ echo \"it has less than {percent} % of the size of $before\" >&2; exit 1; }}; \
         sha256sum -- \"$newest\"{probe}",
        pattern = gate.newest,
        none = quote(&format!("no file is called {}", gate.newest)),
        skew = skew.whole_seconds(),
        age = gate.max_age.whole_seconds(),
        old = quote(&format!("that is older than {}", gate.max_age)),
    )
}

/// The command that takes a backup: into a file that no pattern finds, which gets its name when it is
/// whole.
#[must_use]
pub fn back_up(component: &str, gate: &BackupGate) -> Option<Command> {
    let (take, (before, after)) = (gate.take.as_ref()?, gate.name()?);
    let (folder, before) = before.rsplit_once(['/', '\\'])?;
    let run = if gate.is_on_windows() {
        windows::take((folder, before, after), &take.by, &gate.newest)
    } else {
        taken((folder, before, after), &take.by, &gate.newest)
    };
    let task = Task::BackUp { component: component.to_owned(), newest: gate.newest.clone() };
    Some(Command { run, account: Account::Root, within: gate.within, task })
}

fn taken((folder, before, after): (&str, &str, &str), by: &str, pattern: &str) -> String {
    format!(
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
        take = quote(by),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command as Process, Output};

    use camino::Utf8Path;

    use super::*;
    use crate::manifest::{Take, TakeWhen};
    use crate::value::Percent;

    /// What a real shell says to a look at the newest file, or at what a command tells of it.
    pub(super) fn ask(newest: String, told_by: Option<&str>, probe: Option<&str>) -> Output {
        let gate = BackupGate {
            host: "db-01".parse().unwrap(),
            newest,
            told_by: told_by.map(str::to_owned),
            max_age: Period::seconds(3600),
            at_least: Percent::HALF,
            probe: probe.map(str::to_owned),
            within: Period::seconds(60),
            take: None,
        };
        let command = prove_backup("postgresql", &gate, Period::seconds(60));
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
            (&[("a.dump", 0, "10 minutes ago")], None, Err("it is empty")),
            (&[("a.dump", 100, "next year")], None, Err("it is of the future")),
            (&[("a.dump", 100, "30 seconds")], None, Ok("a.dump, 100 bytes")),
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
            let output = ask(format!("{folder}/*.dump"), None, probe);
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

    fn taken(folder: &Utf8Path, by: &str) -> Output {
        let take = Take { when: TakeWhen::OnDemand, by: by.to_owned(), span: 0..0 };
        let gate = BackupGate {
            host: "db-01".parse().unwrap(),
            newest: format!("{folder}/new/d-*.dump"),
            told_by: None,
            max_age: Period::seconds(3600),
            at_least: Percent::HALF,
            probe: None,
            within: Period::seconds(60),
            take: Some(take),
        };
        let command = back_up("postgresql", &gate).unwrap();
        Process::new("sh").args(["-c", &command.run]).output().unwrap()
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder.join("new")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// By a real shell, on a real disk.
    #[test]
    fn a_backup_gets_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        for (by, told) in [
            ("echo broken > \"$1\"; exit 3", "it could not be written"),
            ("true", "it could not be written"),
        ] {
            let output = taken(folder, by);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && said.contains(told), "{said}");
            assert_eq!(names(folder), Vec::<String>::new());
        }
        std::fs::write(folder.join("new/.d-20200101T000000Z.dump.part"), "left over").unwrap();
        let output = taken(folder, "echo \"it's whole\" > \"$1\"");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.ends_with(", 11 bytes\n"), "{said}");
        let [name] = names(folder).try_into().unwrap();
        assert!(name.starts_with("d-2") && name.ends_with("Z.dump"), "{name}");
        let mode = std::fs::metadata(folder.join("new").join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    }

    #[test]
    fn no_backup_is_begun_where_the_last_one_would_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        std::fs::create_dir(folder.join("new")).unwrap();
        let last = std::fs::File::create(folder.join("new/d-1.dump")).unwrap();
        // It has holes: so large is no disk.
        last.set_len(1 << 43).unwrap();
        let output = taken(folder, "echo x > \"$1\"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("make room"), "{said}");
        assert_eq!(names(folder), ["d-1.dump"]);
    }
}

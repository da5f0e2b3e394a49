//! Logs: where they end before anything is changed, and what came to them since then. The host only looks.
//!
//! "Since then" is told by the host itself: its own time for the journal, the length of each file. Whatever
//! the controller's clock says, and whenever a run is gone on with, the same lines are read.

use super::windows;
use crate::catalog::{Component, Format, Logs};
use crate::desired::Resource;
use crate::manifest::FailOn;
use crate::transport::{Account, Command, LogsSince, Task, quote};
use crate::value::Period;

/// Time for a look at the clock and at some files.
const MARK: Period = Period::seconds(30);
/// Time for reading a log.
const READ: Period = Period::seconds(120);
/// Bytes of a log that are read: some hundred thousand lines.
const MOST_BYTES: u32 = 64 << 20;
/// Lines that are shown of each kind, and their length.
const SHOWN: u32 = 5;
const WIDEST: u32 = 300;

/// What stands for asking all hosts on which `component` is changed where its log ends.
#[must_use]
pub fn mark_logs(component: &str, of: usize) -> Command {
    stands_for(MARK, Task::MarkLogs { component: component.to_owned(), of })
}

/// What stands for reading what came to those logs since the step `since`.
#[must_use]
pub fn read_logs(component: &str, of: usize, (since, fail_on): (&str, FailOn)) -> Command {
    let (component, since) = (component.to_owned(), since.to_owned());
    stands_for(READ, Task::ReadLogs(LogsSince { component, of, since, fail_on }))
}

fn stands_for(within: Period, task: Task) -> Command {
    Command { run: String::new(), account: Account::Login, within, task }
}

/// The two commands for one host: where the log ends, and what came to it since then.
#[must_use]
pub fn logs(resource: &Resource, component: &Component) -> Vec<Command> {
    let unit = || resource.unit.clone();
    let logs = &component.logs;
    let (mark, read) = match resource.format {
        Format::Msi => {
            let files = component.windows.logs.as_slice();
            (windows::mark(files), windows::read(&resource.unit, (logs, files)))
        }
        Format::Deb | Format::Rpm => (mark(logs), read(&resource.unit, logs)),
    };
    let command = |run, within, task| Command { run, account: Account::Root, within, task };
    vec![
        command(mark, MARK, Task::MarkLog { unit: unit() }),
        command(read, READ, Task::ReadLog { unit: unit() }),
    ]
}

fn mark(logs: &Logs) -> String {
    if logs.files.is_empty() {
        return "date +'since %s'".to_owned();
    }
    format!(
        "date +'since %s'; for f in {}; do [ ! -f \"$f\" ] || stat -c 'file %i %s' -- \"$f\"; done",
        logs.files.join(" ")
    )
}

/// A file is known by its inode, so that one that was put aside meanwhile (`logrotate`) is read from where
/// it ended, and the new one as a whole. One that is shorter than it was is read as a whole, too.
fn read(unit: &str, logs: &Logs) -> String {
    let files = if logs.files.is_empty() {
        String::new()
    } else {
        format!(
            "for f in {}; do for g in \"$f.1\" \"$f\"; do [ -f \"$g\" ] || continue\n\
             set -- $(stat -c '%i %s' -- \"$g\") \"$g\" ''; [ \"$g\" != \"$f\" ] || set -- \"$1\" \"$2\" \"$g\" 0\n\
             while read -r i s; do [ \"$i\" != \"$1\" ] || [ \"${{s:-0}}\" -gt \"$2\" ] || set -- \"$1\" \"$2\" \"$g\" \"$s\"; done <<END\n\
             $marks\n\
             END\n\
             [ -z \"$4\" ] || tail -c +$(($4 + 1)) -- \"$3\"; done; done\n",
            logs.files.join(" ")
        )
    };
    let ignored: Vec<String> = logs.ignore.iter().map(|it| quote(it).into()).collect();
    let ignored = match ignored.as_slice() {
        [] => String::new(),
        patterns => format!(" | grep -aEiv -e {}", patterns.join(" -e ")),
    };
    format!(
        "export LC_ALL=C; since= marks=; while read -r k a b; do case $k in since) since=$a ;; \
         file) marks=\"$marks$a $b\n\" ;; esac; done\n\
         case $since in ''|*[!0-9]*) echo 'it is not known where the log ended' >&2; exit 2 ;; esac\n\
         [ \"$(date +%s)\" -ge \"$since\" ] || {{ echo 'the clock was set back meanwhile' >&2; exit 2; }}\n\
         journal() {{ journalctl --quiet --no-pager -o short-iso --unit={unit} --since=@$since \"$@\"; }}\n\
         journal --lines=1 >/dev/null || exit\n\
         log() {{ journal\n{files}}}\n\
         errors={errors} migrations={migrations}\n\
         lines() {{ log 2>/dev/null | head -c {MOST_BYTES}{ignored}; }}\n\
         failed() {{ lines | grep -aEi \"$@\" -e \"$migrations\"; }}\n\
         other() {{ lines | grep -aEi -e \"$errors\" | grep -aEiv \"$@\" -e \"$migrations\"; }}\n\
         echo \"bytes $(log 2>/dev/null | head -c $(({MOST_BYTES} + 1)) | wc -c) {MOST_BYTES}\"\n\
         echo \"failed-migrations $(failed -c)\"\n\
         echo \"errors $(other -c)\"\n\
         failed | head -n {SHOWN} | cut -c -{WIDEST} | sed 's/^/line /'\n\
         other | head -n {SHOWN} | cut -c -{WIDEST} | sed 's/^/line /'\n\
         exit 0",
        unit = quote(unit),
        errors = quote(&logs.errors),
        migrations = quote(&logs.failed_migrations),
    )
}

#[cfg(test)]
mod tests;

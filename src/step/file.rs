//! Managed files: written whole, kept as they were for the way back, and recorded for the next time
//! that somebody asks what they hold. All of that is root's.

use super::windows;
use crate::catalog::Format;
use crate::desired::{ManagedFile, Resource};
use crate::diff::FileChange;
use crate::transport::{Account, Command, Task, quote};
use crate::value::{Digest, Period, RemotePath};

const WRITE: Period = Period::seconds(60);
const RESTART: Period = Period::seconds(180);

/// What identifies the content of a file without reading it: number, size and time of the last change.
const STAMP: &str = "stat -c '%i %s %.9Y' --";

/// `commands`, which change `component`, with writing `files` before the first that changes anything,
/// and a restart of what runs when one of them has changed.
#[must_use]
pub fn with_files(
    commands: &[Command],
    resource: &Resource,
    (files, is_new): (&[FileChange], bool),
) -> Vec<Command> {
    let mut list = commands.to_vec();
    let restart = files.iter().any(|it| it.file.restart) && !is_new;
    let wait = list.iter().position(|it| matches!(it.task, Task::AwaitHealth { .. }));
    if restart {
        list.insert(wait.unwrap_or(list.len()), restart_unit(resource, files));
    }
    let first = list.iter().position(|it| it.task.brings_change()).unwrap_or(list.len());
    let writes = files.iter().flat_map(|file| [write(file, restart), check(&file.file)]);
    list.splice(first..first, writes);
    list
}

/// `commands`, which lead back, with bringing `files` back first.
#[must_use]
pub fn without_files(
    commands: &[Command],
    resource: &Resource,
    files: &[FileChange],
) -> Vec<Command> {
    let mut list = commands.to_vec();
    let wait = list.iter().position(|it| matches!(it.task, Task::AwaitHealth { .. }));
    let restart = restart_unit(resource, files);
    list.insert(wait.unwrap_or(list.len()), restart);
    list.splice(0..0, files.iter().map(restore));
    list
}

/// The command that restarts the service if one of `files` has changed since it was started.
fn restart_unit(Resource { unit, format, .. }: &Resource, files: &[FileChange]) -> Command {
    let run = match format {
        Format::Msi => windows::restart(unit, files),
        Format::Deb | Format::Rpm => restart_text(unit, files),
    };
    let task = Task::RestartUnit { unit: unit.clone() };
    Command { run, account: Account::Root, within: RESTART, task }
}

fn restart_text(unit: &str, files: &[FileChange]) -> String {
    let flag =
        |it: &FileChange| quote(&format!("{}/changed", it.file.record.parent())).into_owned();
    let flags: Vec<String> = files.iter().map(flag).collect();
    let any: Vec<String> = flags.iter().map(|flag| format!("[ -e {flag} ]")).collect();
    format!(
        "if {}; then systemctl restart {} && rm -f {}; fi",
        any.join(" || "),
        quote(unit),
        flags.join(" ")
    )
}

/// Standard input holds, line by line, what tells secrets apart and the sizes of what follows: the
/// text with the marks of secrets, for the record, and the content itself. What was there is kept once
/// for each change, also when only its rights change.
fn write(change @ FileChange { file, key }: &FileChange, restart: bool) -> Command {
    let ManagedFile { path, content, mode, owner, .. } = file;
    let task = Task::WriteFile {
        path: path.clone(),
        key: key.clone(),
        content: content.to_string(),
        secrets: file.secrets.clone(),
        mode: mode.clone(),
        owner: owner.clone(),
    };
    let run = if path.is_windows() {
        windows::write(change, restart)
    } else {
        write_text(change, restart)
    };
    Command { run, account: Account::Root, within: WRITE, task }
}

fn write_text(FileChange { file, key }: &FileChange, restart: bool) -> String {
    let ManagedFile { path, content, mode, owner, .. } = file;
    format!(
        "set -e; f={folder}; p={place}; n={new}; k={key}; (umask 022; mkdir -p -- {parent}); umask 077; \
         mkdir -p \"$f\"; IFS= read -r secrets; read -r size whole; head -c \"$size\" >\"$f/text\"; \
         rm -f -- \"$n\"; (set -C; cat >\"$n\"); \
         echo \"{digest}  $f/text\" | sha256sum --check --strict --status; \
         [ \"$(wc -c <\"$n\")\" -eq \"$whole\" ]; \
         [ ! -h \"$p\" ] || {{ echo \"$p is a symbolic link: name the file itself\" >&2; exit 1; }}; \
         same=1; cmp -s \"$n\" \"$p\" || same=; \
         if [ -z \"$same\" ] || [ \"$(cat \"$f/for\" 2>/dev/null)\" != \"$k\" ]; then \
         rm -f \"$f/before\" \"$f/none\"; \
         if [ -e \"$p\" ]; then cp -p -- \"$p\" \"$f/before\"; else : >\"$f/none\"; fi; \
         echo \"$k\" >\"$f/for\"; fi; {flag}\
         chown -- {owner} \"$n\"; chmod -- {mode} \"$n\"; mv -f -- \"$n\" \"$p\"; \
         {{ {STAMP} \"$p\"; printf '%s\\n' \"$secrets\"; cat \"$f/text\"; }} >\"$f/record.new\"; \
         mv -f \"$f/record.new\" \"$f/record\"; rm -f \"$f/text\"",
        folder = quote(file.record.parent()),
        place = quote(path.as_str()),
        parent = quote(path.parent()),
        new = quote(&beside(path)),
        digest = Digest::of(content.as_bytes()),
        flag = if restart && file.restart { "[ -n \"$same\" ] || : >\"$f/changed\"; " } else { "" },
        owner = quote(owner),
        mode = quote(mode),
    )
}

/// In the folder of the file, so that it takes its place in one go.
fn beside(path: &RemotePath) -> String {
    format!("{}/.{}.mdc-new", path.parent().trim_end_matches('/'), path.file_name())
}

fn check(file: &ManagedFile) -> Command {
    let path = &file.path;
    let posix = || {
        format!(
            "f={folder}; read -r stamp <\"$f/record\" && [ \"$stamp\" = \"$({STAMP} {place})\" ] && \
         echo \"$(tail -n +3 \"$f/record\" | sha256sum)\" | grep -q -F {digest}",
            folder = quote(file.record.parent()),
            place = quote(path.as_str()),
            digest = Digest::of(file.content.as_bytes()),
        )
    };
    let run = if path.is_windows() { windows::check_written(file) } else { posix() };
    let task =
        Task::CheckWritten { path: path.clone(), digest: Digest::of(file.content.as_bytes()) };
    Command { run, account: Account::Root, within: WRITE, task }
}

/// Does nothing when the step has changed nothing, or it was done before.
fn restore(change @ FileChange { file, key }: &FileChange) -> Command {
    let path = &file.path;
    let posix = || {
        format!(
            "set -e; f={folder}; p={place}; n={new}; \
         [ \"$(cat \"$f/for\" 2>/dev/null)\" = {key} ] || exit 0; \
         cmp -s \"$f/before\" \"$p\" || : >\"$f/changed\"; \
         if [ -e \"$f/before\" ]; then rm -f -- \"$n\"; cp -p -- \"$f/before\" \"$n\"; mv -f -- \"$n\" \"$p\"; \
         elif [ -e \"$f/none\" ]; then rm -f -- \"$p\"; fi; \
         rm -f \"$f/for\" \"$f/before\" \"$f/none\" \"$f/record\"",
            folder = quote(file.record.parent()),
            place = quote(path.as_str()),
            new = quote(&beside(path)),
        )
    };
    let run = if path.is_windows() { windows::restore(change) } else { posix() };
    let task = Task::RestoreFile { path: path.clone(), key: key.clone() };
    Command { run, account: Account::Root, within: WRITE, task }
}

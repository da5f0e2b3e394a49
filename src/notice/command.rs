//! A notice by a command on the controller, which gets the text as its standard input.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process_group};

use super::{Letter, Trouble, shown};
use crate::transport::login_environment;
use crate::value::harmless;

/// What is kept of what it prints.
const KEPT: u64 = 4096;

/// Variables of a notice that the command gets in its environment, as `MDC_NAME`.
const HANDED_ON: [&str; 9] =
    ["id", "notice", "site", "environment", "release", "event", "stage", "run", "plan"];

/// Runs `line` in a shell in `folder`; what it says last. Once begun it is not begun again: what it
/// has done by then is not known.
pub(super) fn run(
    line: &str,
    letter: &Letter,
    (folder, within): (&Utf8Path, Duration),
) -> Result<String, Trouble> {
    let until = Instant::now() + within;
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let mut child = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .envs(login_environment())
        .envs(variables(letter))
        // All that it starts is ended with it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Trouble::passing(format!("`sh` can't be started: {error}")))?;
    let said = [reading(child.stdout.take()), reading(child.stderr.take())];
    let (mut stdin, text) = (child.stdin.take(), letter.text.clone());
    thread::spawn(move || {
        // A command that reads nothing may be right all the same.
        stdin.as_mut().map(|stdin| stdin.write_all(text.as_bytes()))
    });
    let ended = ended(child, until);
    let last = || {
        let texts = said.iter().map(|said| said.recv_timeout(Duration::from_millis(200)));
        let texts: Vec<String> = texts.filter_map(Result::ok).collect();
        let mut lines =
            texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty());
        lines.next_back().map(|line| harmless(line, &[])).unwrap_or_default()
    };
    let with = |text: &str| match last() {
        said if said.is_empty() => text.to_owned(),
        said => format!("{text}: {said}"),
    };
    match ended {
        Some(status) if status.success() => Ok(with("exit status 0")),
        Some(status) => Err(Trouble::lasting(with(&format!("the command failed ({status})")))),
        None => Err(Trouble::lasting(format!(
            "the command was ended after {}; what it did until then stays",
            shown(within)
        ))),
    }
}

fn variables(letter: &Letter) -> impl Iterator<Item = (String, String)> {
    let value =
        |name: &str| letter.variables.get(name)?.as_str().map(|text| text.replace('\0', ""));
    let named = HANDED_ON
        .iter()
        .filter_map(move |name| Some((format!("MDC_{}", name.to_ascii_uppercase()), value(name)?)));
    named.chain([("MDC_SUBJECT".to_owned(), letter.subject.replace('\0', ""))])
}

/// The first of what is printed, once it is at its end; the rest is read and forgotten.
fn reading(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        let Some(mut stream) = stream else { return };
        let mut kept = Vec::new();
        let _ = stream.by_ref().take(KEPT).read_to_end(&mut kept);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = tell.send(String::from_utf8_lossy(&kept).into_owned());
    });
    told
}

/// How it ended; none when it had to be ended.
fn ended(mut child: Child, until: Instant) -> Option<ExitStatus> {
    let group = Pid::from_child(&child);
    let (tell, told) = sync_channel(1);
    thread::spawn(move || tell.send(child.wait()));
    let left = until.saturating_duration_since(Instant::now());
    let Ok(status) = told.recv_timeout(left) else {
        let _ = kill_process_group(group, Signal::KILL);
        return None;
    };
    status.ok()
}

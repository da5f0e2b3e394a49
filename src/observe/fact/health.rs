//! Health: every installed component's probe, asked from the host itself.
//!
//! Probes run beside each other. Each prints one line in one go, which a pipe keeps whole
//! (POSIX, `write`: up to 512 bytes always, 4096 on Linux), so the lines don't mix.

use super::is_installed;
use crate::address::ComponentName;
use crate::desired::Probe;
use crate::observe::answer::{Answer, not_usable, odd, printable};
use crate::observe::{HealthState, PackageState, Unreadable};
use crate::transport::Questions;
use crate::transport::quote;

/// A probe talks to the host itself: no proxy, no user's `.curlrc`. Certificates are not checked:
/// they are made out to public names, a probe asks a loopback address, and it sends nothing secret.
/// `curl` gives up after five seconds, a command is killed after ten; of a command's output the
/// last 1000 bytes are kept, split into words so that no line end is left. Its exit status goes its
/// own way and so always comes first: what the command left running may print until the end.
const SCRIPT: &str = r#"
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
installed() { case $nl$packages in *"$nl$1 installed "*) ;; *) return 1 ;; esac; }
http() {
if command -v curl >/dev/null; then
said=$(curl -q -gsk -o /dev/null -w '%{http_code}' --max-time 5 -- "$2" </dev/null); set -- "$1" curl $? $said
elif command -v wget >/dev/null; then
wget -q -O /dev/null -T 5 -t 1 --no-check-certificate -- "$2" </dev/null >/dev/null; set -- "$1" wget $?
else set -- "$1" nothing; fi
printf '@mdc health %s\n' "$*"; }
run() {
said=$({ { timeout -s KILL 10 sh -c "$2" </dev/null 2>&1 3>&-; echo $? >&3; } | tail -c 1000; } 3>&1)
set -- "$1" command $said; printf '@mdc health %s\n' "$*"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    if questions.resources.is_empty() {
        return String::new();
    }
    let probes = questions.resources.iter().map(|(component, resource)| {
        let (verb, argument) = match &resource.health {
            Probe::Http(url) => ("http", url),
            Probe::Command(line) => ("run", line),
        };
        let (installed, argument) = (is_installed(resource), quote(argument));
        format!("if {installed}; then {verb} {component} {argument} & fi\n")
    });
    std::iter::once(SCRIPT.to_owned()).chain(probes).collect()
}

pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    component: &ComponentName,
    package: &PackageState,
) -> Result<HealthState, Unreadable> {
    match package {
        PackageState::Absent => return Ok(not_asked("the package is not installed")),
        PackageState::Broken { .. } => {
            return Ok(not_asked("the package is not completely installed"));
        }
        PackageState::Installed(_) => {}
    }
    let mut told = answer
        .all("health")
        .iter()
        .filter_map(|line| line.strip_prefix(component.as_str())?.strip_prefix(' '));
    match (told.next(), told.next()) {
        (Some(said), None) => state(said).ok_or_else(|| odd("health", said)),
        (None, _) => Err(not_usable(format!("it doesn't tell the health of {component}"))),
        _ => Err(not_usable(format!("it tells the health of {component} more than once"))),
    }
}

fn not_asked(reason: &str) -> HealthState {
    HealthState::NotAsked(reason.to_owned())
}

fn state(said: &str) -> Option<HealthState> {
    let (tool, said) = said.split_once(' ').unwrap_or((said, ""));
    match tool {
        "nothing" => Some(not_asked("the host has neither `curl` nor `wget`")),
        "curl" => {
            let (status, code) = said.split_once(' ')?;
            Some(curl(status, code))
        }
        "wget" => Some(wget(said)),
        "command" => {
            let (status, text) = said.split_once(' ').unwrap_or((said, ""));
            Some(command(status, text))
        }
        _ => None,
    }
}

/// By curl(1), "EXIT CODES". Our own words, because curl's own hold measured milliseconds and would
/// make two readings of one state differ.
fn curl(status: &str, code: &str) -> HealthState {
    let problem = match (status, code) {
        ("0", "200") => return HealthState::Healthy,
        ("6", _) => "the name in the URL can't be resolved".to_owned(),
        ("7", _) => "nothing listens there (connection refused)".to_owned(),
        ("28", _) => "no answer within 5 s".to_owned(),
        ("35", _) => "the TLS handshake failed".to_owned(),
        ("52", _) => "the connection was closed without an answer".to_owned(),
        ("0", code) => format!("HTTP status {}", printable(code)),
        (status, _) => format!("`curl` ended with status {}", printable(status)),
    };
    HealthState::Unhealthy(problem)
}

/// By wget(1), "EXIT STATUS".
fn wget(status: &str) -> HealthState {
    match status {
        "0" => HealthState::Healthy,
        "4" => {
            HealthState::Unhealthy("no answer (connection refused, or none within 5 s)".to_owned())
        }
        "8" => HealthState::Unhealthy("the answer is an HTTP error".to_owned()),
        other => HealthState::Unhealthy(format!("`wget` ended with status {}", printable(other))),
    }
}

fn command(status: &str, text: &str) -> HealthState {
    let text = printable(text);
    match (status, text.as_str()) {
        ("0", _) => HealthState::Healthy,
        // 128 + SIGKILL: `timeout` did it.
        ("137", _) => HealthState::Unhealthy("no end within 10 s".to_owned()),
        (status, "") => HealthState::Unhealthy(format!("exit status {}", printable(status))),
        (status, text) => {
            HealthState::Unhealthy(format!("exit status {}: {text}", printable(status)))
        }
    }
}

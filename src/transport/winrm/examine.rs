//! Looking at the way to a Windows host, from TLS to its quotas.

use std::time::{Duration, Instant};

use crate::manifest::{TlsTrust, WinrmAuth, WinrmConnection};
use crate::transport::checkup::{self, Checkup, Finding, Subject, broken, of_clock};
use crate::transport::excerpt::excerpt;
use crate::transport::failure::Problem;
use crate::transport::process::{Moved, Shell, Stream};
use crate::transport::{Controller, RecordedExchange, Target, windows};

use super::client::{Client, open};
use super::link::Link;
use super::place::{OwnPlace, Place};
use super::redact::redact;
use super::reply::ServiceSettings;
use super::shell::{Line, WinrmShell, lock};
use super::tls;

/// How long a command may take.
const WITHIN: Duration = Duration::from_secs(30);

/// Looks at `target`, whose port is open; none when something did not work.
pub(in crate::transport) fn examine(
    controller: &Controller,
    target: &Target<'_>,
    settings: &WinrmConnection,
    checkup: &mut Checkup,
) -> Option<()> {
    let place = OwnPlace::new(controller, target, settings);
    let Checkup { findings, exchanges } = checkup;
    identity(&place.place(), findings)?;
    let shell = WinrmShell::of(log_in(&place, findings)?);
    let line = shell.share();
    let looked = look(shell, target, findings);
    // What does not work is what somebody wants to read.
    let said = lock(&line).client.recorded();
    exchanges.extend(said.into_iter().map(|it| RecordedExchange {
        request: redact(&it.request),
        response: it.response.map(|text| redact(&text)),
    }));
    looked
}

/// Everything that is looked at in a login that the host has taken, or is about to take.
fn look(mut shell: WinrmShell, target: &Target<'_>, findings: &mut Vec<Finding>) -> Option<()> {
    let line = shell.share();
    settle(&mut lock(&line), findings)?;
    in_shell(&mut shell, findings)?;
    let mut connection = windows::over(target, shell, None);
    match checkup::ask(connection.as_mut(), target.format) {
        Ok((user, _)) => findings.push(rights(&user)),
        Err(failure) => {
            findings.push(Finding::bad(Subject::Shell, &failure.problem, failure.hint));
            return None;
        }
    }
    if findings.last().is_some_and(Finding::is_bad) {
        return None;
    }
    let line = lock(&line);
    findings.push(quotas(line.settings.as_ref()));
    findings.extend(line.client.skew().map(of_clock));
    Some(())
}

fn identity(place: &Place<'_>, findings: &mut Vec<Finding>) -> Option<()> {
    let link = match open(place, None) {
        Ok(link) => link,
        Err(trouble) => {
            findings.push(broken(Subject::Identity, trouble));
            return None;
        }
    };
    let Link::Tls(stream) = &link else {
        let what = "HTTP: every message is sealed by the login's keys";
        findings.push(Finding::good(Subject::Identity, what));
        return Some(());
    };
    let shown = tls::shown(stream);
    let version = stream.ssl().version_str();
    findings.push(match &place.settings.trust {
        TlsTrust::Anyone => Finding::odd(
            Subject::Identity,
            format!("{version}; any certificate is taken, and this one is {shown}"),
            "compare it on the host, then pin it with `fingerprint` instead of `unverified`",
        ),
        _ => Finding::good(Subject::Identity, format!("{version}; the certificate is {shown}")),
    });
    Some(())
}

fn log_in(place: &OwnPlace, findings: &mut Vec<Finding>) -> Option<Line> {
    let mut client = match Client::connect(place.clone()) {
        Ok(client) => client,
        Err(trouble) => {
            findings.push(broken(Subject::Login, trouble));
            return None;
        }
    };
    client.record();
    Some(Line { client, shell: None, settings: None, advice: None })
}

fn settle(line: &mut Line, findings: &mut Vec<Finding>) -> Option<()> {
    // By name and password, or by certificate, the first request is the login.
    if let Err(trouble) = line.settle() {
        findings.push(broken(Subject::Login, trouble));
        return None;
    }
    findings.push(Finding::good(Subject::Login, in_words(line.client.settings())));
    if let Err(trouble) = line.create() {
        findings.push(broken(Subject::Shell, trouble));
        return None;
    }
    Some(())
}

fn in_words(settings: &WinrmConnection) -> String {
    let way = match (settings.auth, settings.is_kerberos()) {
        (WinrmAuth::Ntlm, _) => "by NTLM",
        (WinrmAuth::Credssp, true) => "by CredSSP with Kerberos",
        (WinrmAuth::Credssp, false) => "by CredSSP with NTLM",
        (WinrmAuth::Basic, _) => "by name and password over TLS",
        (WinrmAuth::Certificate, _) => return "by the client's certificate".to_owned(),
        (_, true) => "by Kerberos (SPNEGO)",
        (_, false) => "by NTLM (SPNEGO)",
    };
    let further = match settings.auth {
        WinrmAuth::Credssp => "what runs there can go on to other hosts in that name",
        _ => {
            "what runs there can't go on to other hosts in that name (a second hop), such as to a share: \
             have files on the host itself, or take `auth = \"credssp\"`"
        }
    };
    format!("{} logs in {way}; {further}", settings.user)
}

fn in_shell(shell: &mut WinrmShell, findings: &mut Vec<Finding>) -> Option<()> {
    let problem = match run(shell, "ver") {
        Ok((status, said)) => {
            let said = excerpt(&said, "it prints nothing");
            if status == 0 {
                let what = format!("it runs commands: {said}");
                findings.push(Finding::good(Subject::Shell, what));
                return Some(());
            }
            Problem::Answer(format!("`ver` ends with status {status}: {said}"))
        }
        Err(problem) => problem,
    };
    let hint = "see that it is Windows that answers, and its event log, \
                Microsoft-Windows-WinRM/Operational";
    findings.push(Finding::bad(Subject::Shell, &problem, hint));
    None
}

/// By the word of the script that asks: 0 for an administrator whose token is whole.
fn rights(user: &str) -> Finding {
    if user.trim() == "0" {
        return Finding::good(Subject::Rights, "the user is an administrator, with all rights");
    }
    let problem = Problem::Privilege("the user has not an administrator's full rights".to_owned());
    let hint = "put the user into the host's group Administrators; for a local user other than \
                Administrator set LocalAccountTokenFilterPolicy to 1 \
                (HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System)";
    Finding::bad(Subject::Rights, &problem, hint)
}

fn quotas(settings: Option<&ServiceSettings>) -> Finding {
    let Some(settings) = settings else {
        let what = "the host does not tell its quotas, which only administrators may see";
        let hint = "log in as an administrator; requests stay at 150 kB meanwhile, so that copies are slower";
        return Finding::odd(Subject::Quotas, what, hint);
    };
    let number = |number: Option<u64>| number.map_or("?".to_owned(), |it| it.to_string());
    let kilobytes = settings.largest.map(|bytes| (bytes / 1024) as u64);
    let what = format!(
        "{} shells a user, {} MB a shell, envelopes of {} kB, channel bindings {}",
        number(settings.shells),
        number(settings.memory),
        number(kilobytes),
        settings.binding.as_deref().map_or("?".to_owned(), |it| excerpt(it.as_bytes(), "?")),
    );
    if settings.allows_plain == Some(true) {
        let hint = "other clients may speak in the clear with it: `winrm set winrm/config/service \
                    @{AllowUnencrypted=\"false\"}`";
        return Finding::odd(Subject::Quotas, format!("{what}; it takes unsealed requests"), hint);
    }
    Finding::good(Subject::Quotas, what)
}

/// Runs `line`; its status and what it printed.
fn run(shell: &mut WinrmShell, line: &str) -> Result<(i64, Vec<u8>), Problem> {
    let until = Instant::now() + WITHIN;
    let mut process = shell.start(line, until)?;
    process.end_input()?;
    let (mut stdout, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        while let Moved::Bytes(count) = process.read(Stream::Stdout, &mut buffer)? {
            stdout.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
        while let Moved::Bytes(_) = process.read(Stream::Stderr, &mut buffer)? {}
        if let Some(ending) = process.ended()? {
            return Ok((ending.status, stdout));
        }
        if Instant::now() >= until {
            return Err(Problem::TimedOut { limit: format!("`{line}`"), after: WITHIN });
        }
        process.wait(until, false)?;
    }
}

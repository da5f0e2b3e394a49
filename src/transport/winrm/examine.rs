//! Looking at the way to a Windows host, from TLS to its quotas.

use std::time::{Duration, Instant};

use openssl::base64::decode_block;

use crate::manifest::{TlsTrust, WinrmAuth, WinrmConnection};
use crate::transport::checkup::{Checkup, Finding, Subject, broken, of_clock};
use crate::transport::excerpt::excerpt;
use crate::transport::failure::Problem;
use crate::transport::process::{Moved, Shell, Stream};
use crate::transport::{Controller, RecordedExchange, Target};

use super::client::{Client, open};
use super::link::Link;
use super::place::{OwnPlace, Place};
use super::reply::ServiceSettings;
use super::shell::{Line, WinrmShell, lock};
use super::tls;

/// How long a command may take.
const WITHIN: Duration = Duration::from_secs(30);
/// The marks of a full token (well-known SIDs): the high and the system integrity level.
const FULL: [&str; 2] = ["S-1-16-12288", "S-1-16-16384"];

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
    let line = log_in(&place, findings)?;
    let mut shell = WinrmShell::of(line);
    let settings = in_shell(&mut shell, findings);
    if settings.is_some() {
        findings.extend(lock(shell.line()).client.skew().map(of_clock));
    }
    *exchanges = lock(shell.line()).client.recorded();
    let secrets = [target.address, place.place().settings.user.as_str()];
    for exchange in exchanges {
        *exchange = RecordedExchange {
            request: redact(&exchange.request, &secrets),
            response: redact(&exchange.response, &secrets),
        };
    }
    settings
}

fn identity(place: &Place<'_>, findings: &mut Vec<Finding>) -> Option<()> {
    let link = match open(place) {
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
    let mut line = Line { client, shell: None, settings: None };
    // By name and password, or by certificate, the first request is the login.
    if let Err(trouble) = line.settle() {
        findings.push(broken(Subject::Login, trouble));
        return None;
    }
    findings.push(Finding::good(Subject::Login, in_words(place.place().settings)));
    if let Err(trouble) = line.create() {
        findings.push(broken(Subject::Shell, trouble));
        return None;
    }
    Some(line)
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
    format!("{} logs in {way}", settings.user)
}

fn in_shell(shell: &mut WinrmShell, findings: &mut Vec<Finding>) -> Option<()> {
    match run(shell, "ver") {
        Ok((status, said)) => {
            let said = excerpt(&said, "it prints nothing");
            findings.push(if status == 0 {
                Finding::good(Subject::Shell, format!("it runs commands: {said}"))
            } else {
                let what = format!("`ver` ends with status {status}: {said}");
                Finding::odd(Subject::Shell, what, "see that it is Windows that answers")
            });
        }
        Err(problem) => {
            let hint = "see the host's event log, Microsoft-Windows-WinRM/Operational";
            findings.push(Finding::bad(Subject::Shell, &problem, hint));
            return None;
        }
    }
    let groups = run(shell, "whoami /groups").unwrap_or_default();
    findings.push(rights(&String::from_utf8_lossy(&groups.1)));
    let settings = lock(shell.line()).settings.clone();
    findings.push(quotas(settings.as_ref()));
    Some(())
}

fn rights(groups: &str) -> Finding {
    if FULL.iter().any(|sid| groups.contains(sid)) {
        return Finding::good(Subject::Rights, "the user is an administrator, with all rights");
    }
    let what = if groups.contains("S-1-16-") {
        "the user has not an administrator's full rights"
    } else {
        "it can't be seen which rights the user has (`whoami /groups` tells nothing)"
    };
    let hint = "put the user into the host's group Administrators; for a local user other than \
                Administrator set LocalAccountTokenFilterPolicy to 1 \
                (HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System)";
    Finding::odd(Subject::Rights, what, hint)
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

/// `text` without what tells whose host it is: its address, the user, names in faults and shells. What
/// commands printed is left out.
fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for name in [
        "rsp:Owner",
        "rsp:ClientIP",
        "a:Address",
        "a:To",
        "cfg:RootSDDL",
        "cfg:CertificateThumbprint",
    ] {
        text = blank(&text, &format!("<{name}>"), &format!("</{name}>"));
    }
    text = blank(&text, " Machine=\"", "\"");
    for stream in ["stdout", "stderr"] {
        text = without_output(&text, &format!("Name=\"{stream}\""));
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 2) {
        text = text.replace(secret, "REDACTED");
    }
    text
}

/// What stands between `begin` and `end`, each time, is taken out.
fn blank(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(end).and_then(|at| part.get(at..)).unwrap_or_default();
        out.push_str(begin);
        out.push_str(if rest.is_empty() { part } else { "REDACTED" });
        out.push_str(rest);
    }
    out
}

/// The base64 behind a stream's tag is replaced by as much of nothing.
fn without_output(text: &str, tag: &str) -> String {
    let mut parts = text.split(tag);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(tag);
        let (attributes, rest) = part.split_once('>').unwrap_or((part, ""));
        let (data, rest) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let length = decode_block(data).map(|bytes| bytes.len()).unwrap_or_default();
        out.push_str(attributes);
        out.push('>');
        out.push_str(&openssl::base64::encode_block(&vec![b'x'; length]));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_host_is_recorded() {
        let text = "<a:To>http://srv-01/wsman</a:To><rsp:Owner>CORP\\bob</rsp:Owner><f:WSManFault \
            Code=\"5\" Machine=\"srv-01.corp\"><rsp:Stream Name=\"stdout\" CommandId=\"C\">aGk=\
            </rsp:Stream>srv-01";
        let expected = "<a:To>REDACTED</a:To><rsp:Owner>REDACTED</rsp:Owner><f:WSManFault \
            Code=\"5\" Machine=\"REDACTED\"><rsp:Stream Name=\"stdout\" CommandId=\"C\">eHg=\
            </rsp:Stream>REDACTED";
        assert_eq!(redact(text, &["srv-01", "bob"]), expected);
    }
}

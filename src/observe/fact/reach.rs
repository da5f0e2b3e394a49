//! Ports that the host's components need, tried from the host itself.
//!
//! A connection is opened and closed at once, and nothing is sent: what listens there would take words
//! that it doesn't know for an attack (Redis logs HTTP as one). bash can do that alone and is part of
//! every Debian and every system with dnf; `nc` is asked where it is missing.

use std::collections::BTreeMap;

use crate::catalog::Format;
use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd, printable};
use crate::transport::{Endpoint, Questions, quote, quote_powershell};

/// How a connection is tried. A host that has no means to try says so by a status that neither of the two
/// has.
const TRY: &str = r#"
try() {
if command -v bash >/dev/null; then timeout -s KILL 5 bash -c ': </dev/tcp/$0/$1' "$1" "$2"
elif command -v nc >/dev/null; then timeout -s KILL 5 nc -z "$1" "$2"
else return 42; fi </dev/null; }
"#;

/// Bounded, and beside each other and everything else, as health probes are.
const SCRIPT: &str = r#"
reach() {
said=$(try "$1" "$2" 2>&1); set -- "$1" "$2" $? $said; [ "$3" = 42 ] || printf '@mdc reach %s\n' "$*"; }
"#;

/// The text that tries one port on a host with packages of `format`, and succeeds also where that has no
/// means to try.
#[must_use]
pub fn try_port(endpoint: &Endpoint, format: Format) -> String {
    if format == Format::Msi {
        return format!(
            "$client = New-Object Net.Sockets.TcpClient\n\
             try {{ if (-not $client.ConnectAsync({}, {}).Wait(5000)) {{ throw 'no answer within 5 s' }} }}\n\
             catch {{ throw $_.Exception.GetBaseException().Message }} finally {{ $client.Close() }}",
            quote_powershell(&endpoint.address),
            endpoint.port
        );
    }
    let (address, port) = (quote(&endpoint.address), endpoint.port);
    format!("{}try {address} {port} || [ $? = 42 ]", TRY.trim_start())
}

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let reach = &questions.also.reach;
    if reach.is_empty() {
        return String::new();
    }
    let tries = reach.iter().map(|it| format!("reach {} {} &\n", quote(&it.address), it.port));
    [TRY, SCRIPT].into_iter().map(str::to_owned).chain(tries).collect()
}

/// Those that can't be reached, and why. What a host has no means to try is not known and not told.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    questions: &Questions,
) -> Result<BTreeMap<String, String>, Unreadable> {
    let mut found = BTreeMap::new();
    for line in answer.all("reach") {
        let mut words = line.splitn(4, ' ');
        let (Some(address), Some(port), Some(status)) =
            (words.next(), words.next().and_then(|port| port.parse::<u16>().ok()), words.next())
        else {
            return Err(odd("reach", line));
        };
        let asked = |it: &&Endpoint| it.address == address && it.port == port;
        let asked = questions.also.reach.iter().find(asked).ok_or_else(|| odd("reach", line))?;
        if status != "0" {
            found.insert(asked.to_string(), why(status, words.next().unwrap_or_default()));
        }
    }
    Ok(found)
}

/// Why a port can't be reached, in our own words: those of the shells differ.
#[must_use]
pub fn why(status: &str, said: &str) -> String {
    let known = [
        ("refused", "connection refused"),
        ("No route", "no route to the host"),
        ("unreachable", "the network can't be reached"),
        ("not known", "the name can't be resolved"),
        ("resolution", "the name can't be resolved"),
        ("timed out", "no answer"),
    ];
    match known.iter().find(|(part, _)| said.contains(part)) {
        // 128 + SIGKILL: `timeout` did it.
        _ if status == "137" => "no answer within 5 s".to_owned(),
        Some((_, why)) => (*why).to_owned(),
        None => format!("status {}: {}", printable(status), printable(said)),
    }
}

//! When certificates expire: those of health URLs with `https`, as curl tells them, and those in files
//! that the manifest names, which come over whole and are read here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use crate::address::ComponentName;
use crate::desired::Probe;
use crate::observe::Certificate;
use crate::observe::answer::{Answer, printable};
use crate::transport::{Questions, quote};

/// Of a file only its first certificate is sent, never a key that stands in it too.
const SCRIPT: &str = r#"
tls() {
curl -q -gskv -o /dev/null --max-time 5 -- "$2" 2>&1 </dev/null | while read -r line; do case $line in
*'expire date: '*) printf '@mdc certificate %s %s\n' "$1" "${line#*expire date: }" ;;
esac; done; }
pem() {
[ -r "$2" ] || { printf '@mdc pem %s unreadable\n' "$1"; return; }
inside=; number=0; while read -r line || [ -n "$line" ]; do
case $line in '-----BEGIN CERTIFICATE-----'*) inside=1 ;; esac
[ -z "$inside" ] || printf '@mdc pem %s %s\n' "$1" "$line"
case $line in '-----END CERTIFICATE-----'*) return ;; esac
number=$((number + 1)); [ $number -lt 500 ] || return
done <"$2"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let tls = secured(questions).map(|(component, url)| {
        let package = questions.resources.get(component).map_or("", |it| it.package.as_str());
        format!("if installed {}; then tls {component} {} & fi\n", quote(package), quote(url))
    });
    let files = questions.also.certificates.iter().enumerate();
    let files = files.map(|(place, path)| format!("pem {place} {}\n", quote(path.as_str())));
    let asked: String = tls.chain(files).collect();
    if asked.is_empty() { asked } else { format!("{SCRIPT}{asked}") }
}

/// The components whose health is asked by TLS.
fn secured(questions: &Questions) -> impl Iterator<Item = (&ComponentName, &str)> {
    questions.resources.iter().filter_map(|(component, asked)| match &asked.health {
        Probe::Http(url) if url.starts_with("https://") => Some((component, url.as_str())),
        _ => None,
    })
}

/// What was told of each; of a component whose port doesn't answer, nothing.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    questions: &Questions,
) -> BTreeMap<String, Certificate> {
    let mut found = BTreeMap::new();
    for (component, _) in secured(questions) {
        if let [text, ..] = told(answer, "certificate", component.as_str()).as_slice() {
            found.insert(component.to_string(), expires(text));
        }
    }
    for (place, path) in questions.also.certificates.iter().enumerate() {
        let lines = told(answer, "pem", &place.to_string());
        found.insert(path.to_string(), in_file(&lines));
    }
    found
}

/// What the lines of `key` say about `what`, without its name.
fn told<'a>(answer: &Answer<'a>, key: &str, what: &str) -> Vec<&'a str> {
    let about = |line: &&'a str| line.strip_prefix(what)?.strip_prefix(' ');
    answer.all(key).iter().filter_map(about).collect()
}

/// In the words of curl with each of its TLS libraries: `OpenSSL` and `GnuTLS`.
fn expires(text: &str) -> Certificate {
    let forms = ["%b %d %H:%M:%S %Y GMT", "%a, %d %b %Y %H:%M:%S GMT"];
    let time = |form: &&str| {
        let time = DateTime::strptime(form, text).ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let odd = || Certificate::Unreadable(format!("`curl` tells `{}`", printable(text)));
    forms.iter().find_map(time).map_or_else(odd, Certificate::Until)
}

fn in_file(lines: &[&str]) -> Certificate {
    let why = match lines {
        ["unreadable"] => "the login user can't read it, or it isn't there",
        [] => "it holds no certificate",
        _ => match end_of(&lines.join("\n")) {
            Some(until) => return Certificate::Until(until),
            None => "its certificate is damaged",
        },
    };
    Certificate::Unreadable(why.to_owned())
}

fn end_of(pem: &str) -> Option<Timestamp> {
    let certificate = X509::from_pem(pem.as_bytes()).ok()?;
    let since = Asn1Time::from_unix(0).ok()?.diff(certificate.not_after()).ok()?;
    Timestamp::from_second(i64::from(since.days) * 86400 + i64::from(since.secs)).ok()
}

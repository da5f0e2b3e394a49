//! Certificates that have expired or will soon.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::{About, Finding};
use crate::diagnostic::Code;
use crate::observe::Certificate;

const RENEW: &str = "renew it where it comes from, and restart what uses it if that is needed";

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let within = about.desired.preflight.certificates_within.duration();
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    for (host, facts) in about.hosts() {
        for (name, certificate) in &facts.certificates {
            let finding = |check, says: String| Finding::new(check, host, says, RENEW);
            let readable =
                "correct the path under [preflight], or let the login user read the file";
            found.extend(match certificate {
                Certificate::Unreadable(why) => Some(Finding::new(
                    Code::CertificateExpires,
                    host,
                    format!("has a certificate ({name}) whose end can't be read: {why}"),
                    readable,
                )),
                Certificate::Until(until) => {
                    let day = until.to_zoned(TimeZone::UTC).date();
                    let left = until.duration_since(about.now);
                    if left.is_negative() {
                        let says = format!("has a certificate ({name}) that expired on {day}");
                        Some(finding(Code::CertificateExpired, says))
                    } else if left < within {
                        let says = format!("has a certificate ({name}) that expires on {day}");
                        Some(finding(Code::CertificateExpires, says))
                    } else {
                        None
                    }
                }
            });
        }
    }
}

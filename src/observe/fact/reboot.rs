//! Whether the host waits for a reboot: the flag file of Debian's update-notifier. The RHEL family
//! has no such file, and its `needs-restarting` takes seconds, so there the answer is always no.

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r"
reboot=no; [ ! -e /run/reboot-required ] || reboot=yes; printf '@mdc reboot %s\n' $reboot
";

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<bool, Unreadable> {
    match answer.one("reboot")? {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(odd("reboot", other)),
    }
}

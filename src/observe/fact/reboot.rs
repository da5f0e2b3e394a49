//! Whether the host waits for a reboot: the flag file of Debian's update-notifier, or a kernel that is
//! newer than the running one. Everybody may see both. The RHEL family's own `needs-restarting` takes
//! seconds and often isn't there; it tells of libraries too, which the kernel's file doesn't.

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

/// Kernels are compared by the age of their files; where the running one has none (a container), or the
/// folder is closed, there is nothing to compare.
macro_rules! looks {
    () => {
        r#"reboot=no; [ ! -e /run/reboot-required ] || reboot=yes
read -r kernel </proc/sys/kernel/osrelease; kernel=/boot/vmlinuz-$kernel
newer() { for other do case $other in *rescue*) ;; *) [ ! "$other" -nt "$kernel" ] || reboot=yes ;; esac; done; }
[ ! -e "$kernel" ] || { set +f; newer /boot/vmlinuz-[0-9]*; set -f; }; "#
    };
}

/// A command line that succeeds when the host waits for a reboot.
pub const DUE: &str = concat!(looks!(), "[ $reboot = yes ]");

pub(in crate::observe) const SCRIPT: &str =
    concat!("\n", looks!(), r"printf '@mdc reboot %s\n' $reboot", "\n");

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<bool, Unreadable> {
    match answer.one("reboot")? {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(odd("reboot", other)),
    }
}

//! Which boot this is: `random/boot_id` of proc(5), new at each one.

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r#"
read -r boot </proc/sys/kernel/random/boot_id; printf '@mdc boot %s\n' "$boot"
"#;

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<String, Unreadable> {
    let id = answer.one("boot")?;
    if id.len() != 36 || !id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Err(odd("boot", id));
    }
    Ok(id.to_owned())
}

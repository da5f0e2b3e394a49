//! Which machine, as `uname -m` tells it. Linux has it as a file since 6.1.

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r#"
machine=; read -r machine </proc/sys/kernel/arch || machine=$(uname -m)
printf '@mdc architecture %s\n' "$machine"
"#;

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<String, Unreadable> {
    let name = answer.one("architecture")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if name.is_empty() || name.len() > 40 || !name.bytes().all(plain) {
        return Err(odd("architecture", name));
    }
    Ok(name.to_owned())
}

//! Memory that programs can still have without swapping: `MemAvailable` of proc(5).

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r#"
while read -r key value rest; do case $key in
MemAvailable:) printf '@mdc memory %s\n' "$value"; break ;;
esac; done </proc/meminfo
"#;

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<u64, Unreadable> {
    let kib = answer.one("memory")?;
    kib.parse::<u64>().ok().and_then(|k| k.checked_mul(1024)).ok_or_else(|| odd("memory", kib))
}

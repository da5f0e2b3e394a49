//! Free bytes where packages are copied to: the file system of `/var/cache`, or of the nearest
//! folder above it that exists.

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r#"
dir=/var/cache; while [ ! -d "$dir/" ]; do dir=${dir%/*}; done; lines disk "$(df -Pk "$dir/")"
"#;

/// `df -P` prints a head and one line (POSIX, `df`): `NAME BLOCKS USED FREE PERCENT% FOLDER`. The
/// name and the folder may hold spaces, so the field before the percentage is taken.
pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<u64, Unreadable> {
    let line = answer.all("disk").last().copied().unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let free = words.windows(2).find_map(|pair| match pair {
        [free, percent] if percent.ends_with('%') => free.parse::<u64>().ok(),
        _ => None,
    });
    free.and_then(|kib| kib.checked_mul(1024)).ok_or_else(|| odd("disk", line))
}

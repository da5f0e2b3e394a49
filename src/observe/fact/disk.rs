//! Free bytes of the file systems that packages are copied and unpacked to: those of these folders, or
//! of the nearest folder above each that exists.

use std::collections::BTreeMap;

use super::all_quoted;
use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd, printable};
use crate::transport::Questions;
use crate::value::RemotePath;

/// The one that packages are copied to comes last.
pub(in crate::observe) fn script(questions: &Questions) -> String {
    let more = all_quoted(questions.also.folders.iter().map(RemotePath::as_str));
    format!(
        r#"
set --; for dir in / /usr /opt /var /tmp {more} /var/cache; do
while [ ! -d "$dir/" ]; do dir=${{dir%/*}}; done; set -- "$@" "$dir/"; done; lines disk "$(df -Pk "$@")"
"#
    )
}

/// The line of the last folder.
pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<u64, Unreadable> {
    let line = answer.all("disk").last().copied().unwrap_or_default();
    file_system(line).map(|(_, free)| free).ok_or_else(|| odd("disk", line))
}

/// Free bytes by the folder that a file system is mounted on.
pub(in crate::observe) fn file_systems(answer: &Answer<'_>) -> BTreeMap<String, u64> {
    answer.all("disk").iter().filter_map(|line| file_system(line)).collect()
}

/// `df -P` prints a head and a line for each folder (POSIX, `df`): `NAME BLOCKS USED FREE PERCENT%
/// FOLDER`. The name and the folder may hold spaces, so the field before the percentage is taken.
fn file_system(line: &str) -> Option<(String, u64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.windows(2).position(|pair| match pair {
        [free, percent] => percent.ends_with('%') && free.parse::<u64>().is_ok(),
        _ => false,
    })?;
    let free = words.get(at)?.parse::<u64>().ok()?.checked_mul(1024)?;
    Some((printable(&words.get(at + 2..)?.join(" ")), free))
}

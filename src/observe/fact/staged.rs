//! Package files that are on the host already, by what the names of their folders say of their content.
//!
//! A file comes to its name only when its content was checked, and is checked again before it is used: its
//! size is all that is looked at here, since reading gigabytes is no question.

use std::collections::BTreeMap;

use crate::desired::{STAGED_FOLDER, staged_content};
use crate::observe::answer::Answer;
use crate::value::RemotePath;

/// Files that are told of one host.
const MOST: usize = 500;

/// Starts a program only where there is something. The folder is root's: for others it is empty.
pub(in crate::observe) fn script() -> String {
    format!(
        r#"
set +f; set -- {STAGED_FOLDER}/*/*; set -f
[ ! -e "$1" ] || lines staged "$(stat -c '%s %n' -- "$@" | head -n {MOST})"
"#
    )
}

/// The files with their bytes. What is no path of such a file says nothing.
pub(in crate::observe) fn parse(answer: &Answer<'_>) -> BTreeMap<RemotePath, u64> {
    let file = |line: &&str| {
        let (size, path) = line.split_once(' ')?;
        let path = path.parse().ok().filter(|path| staged_content(path).is_some())?;
        Some((path, size.parse().ok()?))
    };
    answer.all("staged").iter().take(MOST).filter_map(file).collect()
}

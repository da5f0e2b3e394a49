//! The facts. Each is a piece of POSIX shell and the parser of what that piece prints; Windows hosts
//! print the same by one script of their own.
//!
//! The pieces use what every shell has built in (`read`, `case`, `printf`) and start a program only
//! where there is no other way: on a host that is asked every minute, processes are the cost.
//! dash, bash and the shell of `BusyBox` run them.

pub(super) mod architecture;
pub(super) mod boot;
pub(super) mod certificate;
pub(super) mod clock;
pub(super) mod disk;
pub(super) mod file;
pub(super) mod health;
pub(super) mod kept;
pub(super) mod memory;
pub(super) mod offer;
pub(super) mod os;
pub(super) mod package;
pub(super) mod reach;
pub(super) mod reboot;
pub(super) mod role;
pub(super) mod runtime;
pub(super) mod staged;
pub(super) mod unit;
pub(super) mod windows;

use crate::catalog::Format;
use crate::transport::{Questions, ResourceQuestions, quote};

/// Settings that every piece relies on: messages in English, no globbing of what programs say, the
/// administrator's programs in the path, and nothing on standard error.
const BEGIN: &str = r#"exec 2>/dev/null; set -f; LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin
nl='
'
# lines KEY TEXT: each line of TEXT as one value of KEY
lines() { key=$1; IFS=$nl; set -- $2; unset IFS; [ $# = 0 ] || printf "@mdc $key %s\n" "$@"; }
"#;

/// What that script is called with; one for POSIX has everything in itself.
pub(super) fn words(questions: &Questions) -> Vec<String> {
    if questions.format == Format::Msi { windows::words(questions) } else { Vec::new() }
}

/// The script that asks all of `questions` (of which the script itself is not read).
///
/// Health probes run beside each other and beside everything after them.
pub(super) fn script(questions: &Questions) -> String {
    if questions.format == Format::Msi {
        return windows::SCRIPT.to_owned();
    }
    [
        BEGIN,
        clock::SCRIPT,
        os::SCRIPT,
        architecture::SCRIPT,
        &disk::script(questions),
        memory::SCRIPT,
        &staged::script(),
        boot::SCRIPT,
        reboot::SCRIPT,
        &package::script(questions),
        &health::script(questions),
        &role::script(questions),
        &file::script(questions),
        &kept::script(questions),
        &offer::script(questions),
        &runtime::script(questions),
        &reach::script(questions),
        &certificate::script(questions),
        &unit::script(questions),
        clock::END,
    ]
    .concat()
}

/// Several words for the shell.
fn all_quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Succeeds when one of the resource's packages is installed; `installed` is a function of the health
/// probes' script.
fn is_installed(resource: &ResourceQuestions) -> String {
    let any: Vec<String> =
        resource.packages().map(|name| format!("installed {}", quote(name))).collect();
    any.join(" || ")
}

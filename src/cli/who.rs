//! Who runs this command, from where: for the lease, the journal and others' eyes.

use std::fs;

use crate::state::Claim;

/// The claim of this process on a cluster. `purpose`: the command.
pub(super) fn claim(purpose: String) -> Claim {
    Claim { user: user(), host: host(), purpose, above: 0 }
}

/// This process in words.
pub(super) fn here() -> String {
    format!("{} on {}", user(), host())
}

/// The user by the kernel's number, which can't be chosen; names are for people.
fn user() -> String {
    let number = rustix::process::getuid().as_raw();
    let name = passwd_name(number).or_else(|| variable("USER")).unwrap_or_default();
    let by = match variable("SUDO_USER").filter(|_| number == 0) {
        Some(by) => format!(", by sudo from {by}"),
        None => String::new(),
    };
    format!("{name} (uid {number}{by})").trim_start().to_owned()
}

/// The name of a user of this machine (passwd(5)).
fn passwd_name(number: u32) -> Option<String> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a user that passwd doesn't have is named here alone"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

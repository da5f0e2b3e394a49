//! Windows hosts, over any way that starts command lines and feeds them. One bootstrap, a constant, takes
//! every script over standard input; scripts are constants too, called with words. `docs/windows.md` says
//! what of this was verified and how: none of it was run on Windows.

mod connected;
mod dialogue;
mod letter;
mod pull;
pub(super) mod quote;

use super::process::Shell;
use super::{Connection, Target};
use connected::WindowsConnected;
pub use pull::fetched;
pub(super) use pull::{Doors, Puller};

/// The Windows host `target`, on which `shell` starts command lines; it fetches package files by `puller`.
pub(super) fn over(
    target: &Target<'_>,
    shell: impl Shell + Send + 'static,
    puller: Option<Puller>,
) -> Box<dyn Connection> {
    Box::new(WindowsConnected::new(target, shell, puller))
}

/// Takes a script over standard input and runs it (see [`letter`]).
pub(super) const BOOTSTRAP: &str = include_str!("bootstrap.ps1");
/// Runs one command of a plan.
pub(super) const COMMAND: &str = concat!(include_str!("text.ps1"), include_str!("command.ps1"));
/// Ends a process and what it has started.
pub(super) const STOP: &str = include_str!("stop.ps1");
/// How long a file is.
pub(super) const LENGTH: &str = include_str!("length.ps1");
/// Fetches a file from this machine.
pub(super) const PULL: &str = include_str!("pull.ps1");
/// Whose rights there are, and what time it is.
pub(super) const EXAMINE: &str = include_str!("examine.ps1");
/// Runs a text of PowerShell apart from whoever asked for it: a job's, or one of a script that people run.
pub const PERFORMER: &str = concat!(include_str!("text.ps1"), include_str!("performer.ps1"));
/// What a host does with an order.
pub(super) const HOST: &str = concat!(
    "$performer = @'\n",
    include_str!("text.ps1"),
    include_str!("performer.ps1"),
    "'@\n",
    include_str!("../job/host.ps1")
);

/// The scripts, by name, for those who check or emulate them.
#[must_use]
pub const fn scripts() -> [(&'static str, &'static str); 7] {
    [
        ("bootstrap", BOOTSTRAP),
        ("command", COMMAND),
        ("stop", STOP),
        ("length", LENGTH),
        ("pull", PULL),
        ("examine", EXAMINE),
        ("host", HOST),
    ]
}

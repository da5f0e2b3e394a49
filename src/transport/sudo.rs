//! How a command becomes root. The password never stands in arguments or in the environment,
//! where any user of the host could read it: it goes in over standard input, and only when sudo
//! really asks.

use crate::manifest::Sudo;
use crate::value::{RemotePath, SecretReference};

use super::command::Account;
use super::failure::{Problem, Trouble};
use super::token::Token;

/// The rights that a command runs with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rights<'a> {
    /// The login user's.
    Login,
    /// Root's, without a question (`sudo -n`).
    Sudo,
    /// Root's, with a password when asked (`sudo -S`).
    SudoWithPassword(&'a SecretReference),
    /// Root's for what the gate at this path lets through, without a question (`sudo -n`).
    Gate(&'a RemotePath),
}

impl<'a> Rights<'a> {
    /// What `account` needs on a connection whose commands become root by `sudo`.
    pub(super) const fn of(account: Account, sudo: &'a Sudo) -> Self {
        match (account, sudo) {
            (Account::Login, _) | (Account::Root, Sudo::None) => Self::Login,
            (Account::Root, Sudo::Passwordless) => Self::Sudo,
            (Account::Root, Sudo::Password(reference)) => Self::SudoWithPassword(reference),
            (Account::Root, Sudo::Gate(gate)) => Self::Gate(gate),
        }
    }

    /// The words before the command. With a password, sudo's prompt (`-p`) is the `token`: what
    /// it prints to standard error tells that it asks, and nothing else can look like it.
    pub(super) fn prefix(self, token: &Token) -> String {
        match self {
            Self::Login => String::new(),
            Self::Sudo | Self::Gate(_) => "sudo -n -- ".to_owned(),
            Self::SudoWithPassword(_) => format!("sudo -S -p '{}' -- ", prompt(token)),
        }
    }

    /// Why the command did not start; `printed` is what stood on standard error instead.
    pub(super) fn refusal(self, printed: &str, asked_twice: bool) -> Trouble {
        let during = "become root";
        match self {
            Self::Login => Trouble::new(
                "run the command",
                Problem::Answer(format!("the login shell did not start it: {printed}")),
                "log in by hand with `ssh` and look at what the shell prints; the login user \
                 needs a POSIX shell that runs commands (see `getent passwd`)",
            ),
            Self::SudoWithPassword(_) if asked_twice => Trouble::new(
                during,
                Problem::Privilege("sudo refuses the password".to_owned()),
                "check the secret that `sudo.password` names, by hand: `sudo -k true`; it was \
                 tried once only, so that the account isn't locked",
            ),
            Self::SudoWithPassword(_) => Trouble::new(
                during,
                Problem::Privilege(format!("sudo did not start the command: {printed}")),
                "check by hand that the login user may run `sudo -k sh` and is asked for a \
                 password only",
            ),
            Self::Gate(_) => Trouble::new(
                during,
                Problem::Privilege(format!("it was not let through the gate: {printed}")),
                "nothing was run; when the gate refuses, let the host's root install what \
                 `mdc generate allowed` lists (with `--plan` for a plan's commands); when sudo does, \
                 what `mdc generate host-gate` and `mdc generate sudoers` print",
            ),
            Self::Sudo => Trouble::new(
                during,
                Problem::Privilege(format!("sudo did not start the command: {printed}")),
                "let the login user run `sudo -n sh` (NOPASSWD in /etc/sudoers.d), or name the \
                 password with `sudo.password`",
            ),
        }
    }
}

/// What sudo prints when it asks.
pub(super) fn prompt(token: &Token) -> String {
    format!("{token} password")
}

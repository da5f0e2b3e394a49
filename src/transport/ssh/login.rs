//! Logging in: agent, then key files, then the password. Each secret is tried once.

pub(super) mod agent;
mod keys;
mod password;

use crate::transport::excerpt::excerpt;
use crate::transport::failure::{Problem, Trouble};
use crate::transport::limit::Limit;

use super::keyring::Keyring;
use super::route::Hop;
use super::wire::{Snag, Wire, is_broken};

const DURING: &str = "log in";

/// One login, and what was tried so far.
struct Login<'a> {
    wire: &'a mut Wire,
    hop: &'a Hop,
    keyring: &'a Keyring,
    limit: &'a Limit,
    /// One sentence for each thing that was tried or had to be left out.
    tried: Vec<String>,
}

/// What a try came to.
enum Try {
    In,
    Refused,
}

/// Logs in to `hop`, whose host key has been judged.
pub(super) fn log_in(
    wire: &mut Wire,
    hop: &Hop,
    keyring: &Keyring,
    limit: &Limit,
) -> Result<(), Trouble> {
    let mut login = Login { wire, hop, keyring, limit, tried: Vec::new() };
    for way in [Login::by_agent, Login::by_keys, Login::by_password] {
        if let Try::In = way(&mut login)? {
            return Ok(());
        }
    }
    Err(login.refused())
}

impl Login<'_> {
    /// Lets the host judge one credential; `name` is what the message calls it.
    fn attempt(
        &mut self,
        name: &str,
        step: impl FnMut(&mut ssh2::Session) -> Result<(), ssh2::Error>,
    ) -> Result<Try, Trouble> {
        let outcome = self.wire.settle(self.limit, step);
        self.judged(name, outcome)
    }

    /// Notes what the host said to a credential.
    fn judged(&mut self, name: &str, outcome: Result<(), Snag>) -> Result<Try, Trouble> {
        match outcome {
            Ok(()) => Ok(Try::In),
            Err(Snag::Problem(problem)) => Err(broken(problem)),
            Err(Snag::Refused(error)) if is_broken(&error) => {
                self.tried.push(format!("{name}: then the host closed the connection"));
                Err(self.cut_off())
            }
            Err(Snag::Refused(error)) => {
                self.tried.push(format!("{name}: {}", words(&error)));
                Ok(Try::Refused)
            }
        }
    }

    /// The methods that the host still accepts (RFC 4252, section 5.1), separated by commas.
    fn methods(&mut self) -> Result<String, Trouble> {
        let user = self.hop.user.clone();
        let methods = self.wire.settle(self.limit, |session| {
            // The crate panics when the list is not UTF-8.
            let asked =
                std::panic::AssertUnwindSafe(|| session.auth_methods(&user).map(str::to_owned));
            std::panic::catch_unwind(asked).unwrap_or_else(|_| Ok(String::new()))
        });
        match methods {
            Ok(methods) => Ok(methods),
            Err(Snag::Problem(problem)) => Err(broken(problem)),
            Err(Snag::Refused(_)) => Err(self.cut_off()),
        }
    }

    fn who(&self) -> String {
        format!("{}@{}", self.hop.user, self.hop.id.name())
    }

    fn refused(&mut self) -> Trouble {
        let methods = match self.methods() {
            Ok(methods) => excerpt(methods.as_bytes(), "no method"),
            Err(trouble) => return trouble,
        };
        let problem =
            format!("{} was refused; the host accepts {methods}; {}", self.who(), self.all_tried());
        Trouble::new(
            DURING,
            Problem::Login(problem),
            format!(
                "see that one of these keys stands in the user's authorized_keys on the host, or \
                 name another one with `keys`; by hand: `ssh -v -p {} {}@{}`",
                self.hop.id.port, self.hop.user, self.hop.id.address
            ),
        )
    }

    fn cut_off(&self) -> Trouble {
        let problem = format!(
            "the host closed the connection while {} logged in; {}",
            self.who(),
            self.all_tried()
        );
        Trouble::new(
            DURING,
            Problem::Login(problem),
            "hosts allow few tries (sshd_config, MaxAuthTries): name the one right key with \
             `keys`, and set `agent = false` when the agent holds many; the host's own log says \
             why it closed",
        )
    }

    fn all_tried(&self) -> String {
        match self.tried.as_slice() {
            [] => "there was nothing to try: no agent, no key file, no password".to_owned(),
            tried => format!("tried: {}", tried.join("; ")),
        }
    }

    fn secret(
        &self,
        reference: &crate::value::SecretReference,
    ) -> Result<crate::value::Secret, Trouble> {
        crate::transport::secret::resolve(reference, &self.hop.folder).map_err(|error| {
            let hint = "mend the secret's reference in the connection, or give it its value";
            Trouble::new(DURING, Problem::Secret(error.to_string()), hint)
        })
    }
}

fn broken(problem: Problem) -> Trouble {
    let hint = "see on the host whether sshd is busy, or waits for a directory or name server";
    Trouble::new(DURING, problem, hint)
}

/// Why a credential did not help (`AUTHENTICATION_FAILED`, `PUBLICKEY_UNVERIFIED`), else in
/// libssh2's words.
fn words(error: &ssh2::Error) -> String {
    match error.code() {
        ssh2::ErrorCode::Session(-18 | -19) => "refused by the host".to_owned(),
        ssh2::ErrorCode::Session(-15) => "the password has expired".to_owned(),
        _ => format!("not usable ({})", error.message()),
    }
}

//! What can go wrong with a database, and whether it may pass.

use std::error::Error as _;
use std::fmt;

use postgres::error::{DbError, Error, SqlState};

use crate::state::StateError;
use crate::value::{SecretError, harmless};

/// Why something could not be done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection or the server is not there; both may come back.
    Passing(String),
    /// It would fail again.
    Lasting {
        /// What is wrong.
        problem: String,
        /// What to do next.
        hint: &'static str,
    },
    /// The password can't be had.
    Secret(SecretError),
    /// The tables are of a newer `mdc`.
    NewerSchema {
        /// Their schema's number.
        found: i32,
        /// The newest one that is known here.
        known: i32,
    },
}

/// States in which a server takes no work for a while: it starts, stops, is full, or is a standby
/// that may be promoted; or two transactions were in each other's way. The classes 08 (connection)
/// and 57P (operator intervention) are such as a whole (PostgreSQL's manual, appendix A).
const PASSING: [SqlState; 6] = [
    SqlState::TOO_MANY_CONNECTIONS,
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::T_R_SERIALIZATION_FAILURE,
    SqlState::T_R_DEADLOCK_DETECTED,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::QUERY_CANCELED,
];

/// What is settled before anything else and stays as it is, in the libraries' words. The rest of what
/// can happen to a handshake is a connection that broke.
const SETTLED: [&str; 3] =
    ["certificate verify failed", "does not support TLS", "authentication method"];

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            let problem = chain(&error);
            return if SETTLED.iter().any(|what| problem.contains(what)) {
                let hint = "see `ca` and `tls` under `state` in the manifest, and the server's \
                            certificate";
                Self::Lasting { problem, hint }
            } else {
                Self::Passing(problem)
            };
        };
        let code = answer.code();
        let passes = PASSING.contains(code)
            || ["08", "57P"].iter().any(|class| code.code().starts_with(class));
        let problem = said(answer);
        if passes { Self::Passing(problem) } else { Self::Lasting { problem, hint: hint(code) } }
    }
}

/// What the server said, on one line.
fn said(answer: &DbError) -> String {
    let detail = answer.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{detail}", answer.message())
}

/// An error with its causes, which the library doesn't show by itself.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let said = deeper.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = deeper.source();
    }
    text
}

fn hint(code: &SqlState) -> &'static str {
    match code.code().get(..2) {
        Some("28") => {
            "see user and password under `state` in the manifest, and the server's pg_hba.conf"
        }
        Some("3D") => "make the database: `createdb`, as docs/state.md says",
        Some("42") => "give the user the rights that docs/state.md names",
        Some("53") => "make room on the server",
        _ => "see the server's log",
    }
}

impl Trouble {
    /// The same, should the server repeat the password that it was given.
    pub(super) fn without(self, password: Option<&str>) -> Self {
        let secrets: Vec<&str> = password.into_iter().collect();
        match self {
            Self::Passing(problem) => Self::Passing(harmless(&problem, &secrets)),
            Self::Lasting { problem, hint } => {
                Self::Lasting { problem: harmless(&problem, &secrets), hint }
            }
            other @ (Self::Secret(_) | Self::NewerSchema { .. }) => other,
        }
    }

    /// The error for whoever asked for the record at `place`.
    pub(super) fn at(self, place: &str) -> StateError {
        let place = place.to_owned();
        match self {
            Self::Passing(problem) => {
                let hint =
                    "see that the database runs and can be reached from here, then try again";
                StateError::Server { place, problem, hint: hint.to_owned() }
            }
            Self::Lasting { problem, hint } => {
                StateError::Server { place, problem, hint: hint.to_owned() }
            }
            Self::Secret(error) => StateError::Secret { place, error },
            Self::NewerSchema { found, known } => StateError::NewerSchema { place, found, known },
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passing(problem) | Self::Lasting { problem, .. } => f.write_str(problem),
            Self::Secret(error) => error.fmt(f),
            Self::NewerSchema { found, known } => {
                write!(f, "it has the schema {found}; this mdc knows schemas up to {known}")
            }
        }
    }
}

//! Control Center, asked for changes of Workers and instances: by the requests that a plan holds, in a
//! session that exists only in memory.
//!
//! The vendor documents `POST /login` with `{"user", "password"}`, `POST /logout`, `GET /readyz` and the
//! header `apikey`, and no more. What it answers is never believed: the version is seen on the host.

mod answer;
mod exchange;
mod pointer;
mod saved;
mod session;

pub use answer::{Accepted, Answer};
pub use saved::{Saved, with};

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use camino::Utf8Path;

use crate::desired::ControlCenter;
use crate::transport::Request;
use answer::understood;
use exchange::{Exchange, Outcome, Sent};
use session::{Kept, Lock};

/// Lets time pass, after telling what is waited for; whether somebody wants it to end.
pub type Wait<'a> = dyn Fn(Duration, String) -> bool + 'a;

/// A way to Control Center, and the session there. Used by all workers of a run.
pub struct Center<'a> {
    settings: &'a ControlCenter,
    /// The folder that relative paths start from.
    folder: &'a Utf8Path,
    session: Lock,
}

/// What is sent besides the request itself.
pub struct Sending<'a> {
    /// The file that the request uploads, at its beginning.
    pub content: Option<&'a mut dyn Content>,
    /// When an answer is given up.
    pub within: Duration,
}

/// A file that can be sent from its beginning again.
pub trait Content: Read + Seek {}

impl<T: Read + Seek> Content for T {}

impl<'a> Center<'a> {
    /// A way to Control Center; nothing is sent yet.
    #[must_use]
    pub fn new(settings: &'a ControlCenter, folder: &'a Utf8Path) -> Self {
        Self { settings, folder, session: Lock::default() }
    }

    /// For how long it is waited for.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        self.settings.of.login_within.duration()
    }

    /// Sends `request`, with nothing left open in it, and understands the answer. A session that has
    /// ended is renewed once; what did not reach Control Center is sent once more when it is ready.
    pub fn send(&self, request: &Request, sending: Sending<'_>, wait: &Wait<'_>) -> Answer {
        let Sending { mut content, within } = sending;
        let mut again = true;
        loop {
            let kept = match self.session(wait) {
                Ok(kept) => kept,
                Err(why) => return Answer::NotSent(why),
            };
            if let Some(content) = &mut content
                && let Err(error) = content.seek(SeekFrom::Start(0))
            {
                return Answer::NotSent(format!("the package file can't be read: {error}"));
            }
            let outcome = self.exchange(&kept, request, (content.as_deref_mut(), within));
            let ended = match &outcome {
                Outcome::NotSent(_) => true,
                Outcome::Answered { status, .. } => [401, 403].contains(status),
                Outcome::Lost(_) => false,
            };
            if !(ended && again) {
                return understood(request, outcome);
            }
            again = false;
            self.forget(&kept);
        }
    }

    fn exchange(
        &self,
        kept: &Kept,
        request: &Request,
        (content, within): (Option<&mut (dyn Content + '_)>, Duration),
    ) -> Outcome {
        let header = (self.settings.routes.session.header.as_str(), &*kept.token);
        let exchange = match self.way(within) {
            Ok(exchange) => exchange,
            Err(why) => return Outcome::NotSent(why),
        };
        let sent = match (&request.body, &request.upload, content) {
            (Some(body), ..) => Sent::Json(body),
            (None, Some(file), Some(content)) => Sent::File { file, content },
            _ => Sent::Nothing,
        };
        exchange.send((request.method, &request.path), Some(header), sent)
    }

    fn way(&self, within: Duration) -> Result<Exchange<'_>, String> {
        let ca = self.settings.of.ca.as_ref().map(|path| self.folder.join(path));
        Exchange::new(&self.settings.of.url, ca.as_deref(), within)
    }
}

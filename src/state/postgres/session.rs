//! A connection that comes back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Error, GenericClient};

use super::schema;
use super::server::Server;
use super::trouble::Trouble;
use super::wire::Wire;
use crate::state::ALIVE;

/// The pause before the first new try, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A connection to a database, made when it is first needed and made anew when it broke.
pub(super) struct Session {
    server: Server,
    wire: Mutex<Option<Wire>>,
    /// Whether there ever was a connection.
    known: AtomicBool,
    /// The number that the session keeps locked, once it has locked it.
    lock: OnceLock<i64>,
}

impl Session {
    /// A session with `server`.
    pub(super) fn new(server: Server) -> Arc<Self> {
        let (wire, known, lock) = (Mutex::new(None), AtomicBool::new(false), OnceLock::new());
        Arc::new(Self { server, wire, known, lock })
    }

    /// Locks `number` anew whenever the connection is made anew, if no other session has it then.
    pub(super) fn keep_locked(&self, number: i64) {
        let _ = self.lock.set(number);
    }

    /// Does `task`, once.
    pub(super) fn once<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Trouble> {
        let mut wire = self.wire();
        if wire.is_none() {
            *wire = Some(self.connect()?);
        }
        let done = wire.as_ref().map_or_else(|| Err(broken()), |wire| wire.run(task));
        if matches!(done, Err(Trouble::Passing(_))) {
            *wire = None;
        }
        done
    }

    /// Does `task`, again and again while what stands in its way may pass: a server that was there
    /// comes back, one that never was is named wrongly. The task must be one that
    /// may be done twice: whether it was done isn't known when the connection broke meanwhile.
    pub(super) fn until_done<T: Send + 'static>(
        &self,
        task: impl Fn(&mut Client) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Trouble> {
        let until = Instant::now() + ALIVE;
        let (mut pause, longest) = PAUSES;
        loop {
            let task = task.clone();
            match self.once(move |client| task(client)) {
                Err(trouble) if !self.known.load(Ordering::Relaxed) => return Err(trouble),
                Err(Trouble::Passing(problem)) if Instant::now() + pause > until => {
                    let waited = ALIVE.as_secs();
                    return Err(Trouble::Passing(format!("for {waited}s now: {problem}")));
                }
                Err(Trouble::Passing(_)) => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(longest);
                }
                done => return done,
            }
        }
    }

    /// Does `task` if there is a connection now.
    pub(super) fn if_connected(
        &self,
        task: impl FnOnce(&mut Client) -> Result<(), Error> + Send + 'static,
    ) {
        if let Some(wire) = self.wire().take() {
            // Nobody is left who could do anything about it.
            let _ = wire.run(task);
        }
    }

    fn connect(&self) -> Result<Wire, Trouble> {
        let wire = Wire::connect(&self.server)?;
        wire.run(|client| Ok(schema::bring_up_to_date(client)))??;
        if let Some(&number) = self.lock.get() {
            wire.run(move |client| try_lock(client, number))?;
        }
        self.known.store(true, Ordering::Relaxed);
        Ok(wire)
    }

    fn wire(&self) -> MutexGuard<'_, Option<Wire>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks `number` for the session, if no other session has it. A session may do so any number of
/// times.
pub(super) fn try_lock(client: &mut impl GenericClient, number: i64) -> Result<bool, Error> {
    client.query_one("SELECT pg_try_advisory_lock($1)", &[&number])?.try_get(0)
}

fn broken() -> Trouble {
    Trouble::Passing("the connection broke".to_owned())
}

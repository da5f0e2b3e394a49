//! One connection a host, made when it is first needed and kept while it works.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::address::HostName;
use crate::transport::{Connection, Failure};

/// For how long an idle connection is trusted: firewalls forget silent ones, and a step must not
/// fail for that.
const FRESH: Duration = Duration::from_secs(30);

/// How many connections are closed at once.
const CLOSED_AT_ONCE: usize = 32;

/// The stack of a thread that closes a connection.
const STACK: usize = 512 << 10;

/// Makes a connection to a host.
pub type Dial<'a> = dyn Fn(&HostName) -> Result<Box<dyn Connection>, Failure> + Sync + 'a;

/// All connections of a run.
pub(super) struct Connections<'a> {
    dial: &'a Dial<'a>,
    places: Mutex<BTreeMap<HostName, Place>>,
    freed: Condvar,
    fresh: Duration,
}

/// A host's connection.
enum Place {
    /// Somebody works with it.
    InUse,
    /// It waits for the next command since then.
    Idle(Box<dyn Connection>, Instant),
}

impl<'a> Connections<'a> {
    pub(super) fn new(dial: &'a Dial<'a>) -> Self {
        Self { dial, places: Mutex::default(), freed: Condvar::new(), fresh: FRESH }
    }

    /// Does `work` with the connection to `host`; waits while somebody else works with it. A thread
    /// never asks for a second one inside `work`, so no two can wait for each other. A connection
    /// that failed is not used again.
    pub(super) fn with<T>(
        &self,
        host: &HostName,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let idle = self.claim(host);
        let mut claim = Claim { connections: self, host, keep: None };
        let mut connection = match idle {
            Some(connection) => connection,
            None => (self.dial)(host)?,
        };
        let done = work(connection.as_mut())?;
        claim.keep = Some(connection);
        Ok(done)
    }

    /// Waits until nobody works with the connection and marks it as in use.
    fn claim(&self, host: &HostName) -> Option<Box<dyn Connection>> {
        let mut places = self.lock();
        while let Some(Place::InUse) = places.get(host) {
            places = self.freed.wait(places).unwrap_or_else(PoisonError::into_inner);
        }
        let before = places.insert(host.clone(), Place::InUse);
        // Closing a stale one may ask its host, which nobody else is to wait for.
        drop(places);
        match before {
            Some(Place::Idle(connection, since)) if since.elapsed() < self.fresh => {
                Some(connection)
            }
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<HostName, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connections<'_> {
    /// Closes them, some at once: each may ask its host.
    fn drop(&mut self) {
        let places = std::mem::take(&mut *self.lock());
        let at_once = CLOSED_AT_ONCE.min(places.len());
        let left = Mutex::new(places.into_values());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let close = || while next().is_some() {};
        thread::scope(|scope| {
            for _ in 1..at_once {
                let thread = thread::Builder::new().stack_size(STACK);
                // With fewer threads it takes longer.
                let _ = thread.spawn_scoped(scope, close);
            }
            close();
        });
    }
}

/// A host's place while somebody works with it; freed also when the work fails or panics.
struct Claim<'a, 'b> {
    connections: &'a Connections<'b>,
    host: &'a HostName,
    keep: Option<Box<dyn Connection>>,
}

impl Drop for Claim<'_, '_> {
    fn drop(&mut self) {
        let mut places = self.connections.lock();
        match self.keep.take() {
            Some(connection) => {
                places.insert(self.host.clone(), Place::Idle(connection, Instant::now()));
            }
            None => {
                places.remove(self.host);
            }
        }
        drop(places);
        self.connections.freed.notify_all();
    }
}

#[cfg(test)]
mod tests;

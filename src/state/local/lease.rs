//! The lease of a folder.
//!
//! Three files: `lock` is locked (flock(2)) for as long as its holder lives; `lease.json` says who
//! that is, and its time of change is the last sign of life; `guard` is locked for the moments in
//! which the two are changed together.
//!
//! The lock alone proves that a holder on this machine is gone. On a folder that several machines
//! share it may not (a network file system need not carry locks between machines), so that there a
//! holder also counts as alive until it was silent for [`ALIVE`].

use std::fs::{self, File};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_NOW, flock, futimens};
use rustix::io::Errno;

use super::{folder, requests};
use crate::state::lease::{ALIVE, Forced, Grip, Holder, LeaseLost, Tenant};
use crate::state::{Asked, Claim, Lease, StateError, token};

/// How long the guard is waited for. It is held for moments.
const GUARDED: Duration = Duration::from_secs(10);

fn lease_file(state: &Utf8Path) -> Utf8PathBuf {
    state.join("lease.json")
}

/// Takes the lease of the folder `state`.
pub(super) fn acquire(
    state: &Utf8Path,
    claim: &Claim,
    force: Option<&str>,
) -> Result<Lease, StateError> {
    let io = |error| StateError::Io { place: state.to_string(), error };
    folder::private(state).map_err(io)?;
    let guard = guard(state).map_err(io)?;
    let now = guard.metadata().and_then(|it| it.modified()).map_err(io)?;
    let (last, is_gone) = match (read(state, now), force) {
        (Ok(last), _) => {
            let is_gone = last.as_ref().is_none_or(is_gone);
            (last, is_gone)
        }
        // Who forces, does so also when it can't be known from whom.
        (Err(StateError::Holder { .. }), Some(_)) => (None, false),
        (Err(error), _) => return Err(error),
    };
    let lock = take_lock(state, force.is_some()).map_err(io)?;
    let is_gone = is_gone && matches!(lock, Some((_, Was::Free)));
    let Some((lock, _)) = lock.filter(|_| is_gone || force.is_some()) else {
        return Err(StateError::Locked { holder: words(last.as_ref()) });
    };
    let fence = fence(state, last.as_ref());
    let mut holder = Holder::next(claim, fence, (token().map_err(io)?, Timestamp::now()));
    holder.forced = force
        .filter(|_| !is_gone)
        .map(|reason| Forced { from: words(last.as_ref()), reason: reason.to_owned() });
    requests::clear(state).map_err(io)?;
    write(state, &holder).map_err(io)?;
    let held = Held {
        state: state.to_owned(),
        holder: holder.clone(),
        _lock: lock,
        alive: Mutex::new(Instant::now()),
    };
    Ok(Lease::new(holder, Box::new(held)))
}

/// Whether the holder is gone, given that the lock is free: it would be locked by one under this
/// kernel.
fn is_gone(last: &Tenant) -> bool {
    last.is_gone() || last.holder.process.is_of_this_kernel()
}

/// The last fence, also out of a file that says nothing else.
fn fence(state: &Utf8Path, last: Option<&Tenant>) -> u64 {
    let in_file = || -> Option<u64> {
        let content = folder::content(&File::open(lease_file(state)).ok()?).ok()?;
        serde_json::from_slice::<serde_json::Value>(&content).ok()?.get("fence")?.as_u64()
    };
    last.map_or_else(|| in_file().unwrap_or_default(), |last| last.holder.fence)
}

fn words(last: Option<&Tenant>) -> String {
    last.map_or_else(|| "nobody knows who".to_owned(), ToString::to_string)
}

/// Who has the lease of the folder `state`, or had it last, at `now`.
pub(super) fn read(state: &Utf8Path, now: SystemTime) -> Result<Option<Tenant>, StateError> {
    let path = lease_file(state);
    let io = |error| StateError::Io { place: path.to_string(), error };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let beat = file.metadata().and_then(|it| it.modified()).map_err(io)?;
    let silent = now.duration_since(beat).unwrap_or_default();
    match serde_json::from_slice(&folder::content(&file).map_err(io)?) {
        Ok(holder) => Ok(Some(Tenant { holder, silent })),
        Err(error) => Err(StateError::Holder {
            place: path.to_string(),
            problem: format!("it doesn't say who is at work: {error}"),
        }),
    }
}

/// Who has the lease of the folder `state`, or had it last, by the folder's own clock.
pub(super) fn read_alone(state: &Utf8Path) -> Result<Option<Tenant>, StateError> {
    if !lease_file(state).exists() {
        return Ok(None);
    }
    let now = guard(state).and_then(|guard| guard.metadata()?.modified());
    read(state, now.map_err(|error| StateError::Io { place: state.to_string(), error })?)
}

/// Says in the lease what its holder works on.
pub(super) fn works_on(
    state: &Utf8Path,
    holder: &Holder,
    (run, plan): (&str, String),
) -> Result<(), StateError> {
    let io = |error| StateError::Io { place: state.to_string(), error };
    let _guard = guard(state).map_err(io)?;
    let mut now = held(state, holder)??;
    (now.run, now.plan) = (Some(run.to_owned()), Some(plan));
    write(state, &now).map_err(io)
}

/// The lease as it stands, if it is still `holder`'s.
pub(super) fn held(
    state: &Utf8Path,
    holder: &Holder,
) -> Result<Result<Holder, LeaseLost>, StateError> {
    let now = SystemTime::from(Timestamp::now());
    Ok(match read(state, now)? {
        Some(tenant) if tenant.holder.is(holder) => Ok(tenant.holder),
        other => Err(LeaseLost::Taken(words(other.as_ref()))),
    })
}

fn write(state: &Utf8Path, holder: &Holder) -> io::Result<()> {
    folder::replace(&lease_file(state), &serde_json::to_vec_pretty(holder)?)
}

/// Waits for the guard; its time of change is then the present one by the folder's own clock, which is
/// another machine's when the folder is.
fn guard(state: &Utf8Path) -> io::Result<File> {
    let file = folder::open(&state.join("guard"))?;
    let until = Instant::now() + GUARDED;
    while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if error != Errno::WOULDBLOCK {
            return Err(error.into());
        }
        if Instant::now() > until {
            let problem = "another process has been changing the lease for too long";
            return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
        }
        thread::sleep(Duration::from_millis(5));
    }
    touch(&file)?;
    Ok(file)
}

fn touch(file: &File) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Ok(futimens(file, &Timestamps { last_access: now, last_modification: now })?)
}

/// What was found of the lock.
enum Was {
    Free,
    Locked,
}

/// Takes the lock, and says what it was. By force a new file takes the place of one that
/// somebody has locked; what they hold has no name any more.
fn take_lock(state: &Utf8Path, force: bool) -> io::Result<Option<(File, Was)>> {
    let path = state.join("lock");
    let file = folder::open(&path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => return Ok(Some((file, Was::Free))),
        Err(Errno::WOULDBLOCK) if !force => return Ok(None),
        Err(Errno::WOULDBLOCK) => {}
        Err(error) => return Err(error.into()),
    }
    let new = path.with_extension("new");
    let file = folder::create(&new)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    fs::rename(&new, &path)?;
    Ok(Some((file, Was::Locked)))
}

/// A lease that this process has.
struct Held {
    state: Utf8PathBuf,
    holder: Holder,
    /// Locked while it is open.
    _lock: File,
    /// When the last sign of life was given.
    alive: Mutex<Instant>,
}

impl Held {
    fn renew(&self) -> Result<Result<(), LeaseLost>, StateError> {
        if let Err(lost) = held(&self.state, &self.holder)? {
            return Ok(Err(lost));
        }
        let path = lease_file(&self.state);
        // Should the lease be taken right now, then this is a sign of the new holder's life too.
        let touched = File::open(&path).and_then(|file| touch(&file));
        touched.map_err(|error| StateError::Io { place: path.to_string(), error })?;
        Ok(Ok(()))
    }
}

impl Grip for Held {
    fn beat(&self) -> Result<Option<Asked>, LeaseLost> {
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        match self.renew() {
            Ok(renewed) => renewed?,
            Err(_) if alive.elapsed() < ALIVE => return Ok(None),
            Err(error) => {
                let place = self.state.to_string();
                return Err(LeaseLost::Silent { place, problem: error.to_string() });
            }
        }
        *alive = Instant::now();
        Ok(requests::take(&self.state, self.holder.fence))
    }
}

impl Drop for Held {
    /// What can't be written now is found out later: the lock is free, and nobody gives signs of life.
    fn drop(&mut self) {
        let Ok(_guard) = guard(&self.state) else { return };
        if let Ok(Ok(mut holder)) = held(&self.state, &self.holder) {
            holder.released = Some(Timestamp::now());
            let _ = write(&self.state, &holder);
        }
    }
}

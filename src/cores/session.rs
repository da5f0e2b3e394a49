//! Sessions at instances. An instance may allow few: each is ended, whatever ends the command.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::exchange::{Sent, Server, exchange};
use crate::value::{Digest, Secret};

static ALL: Mutex<All> = Mutex::new(All { open: Vec::new(), busy: 0, is_over: false });
static QUIET: Condvar = Condvar::new();

/// What a signal has to end.
struct All {
    open: Vec<Weak<Session>>,
    /// Logins and logouts on their way.
    busy: usize,
    /// Nothing is begun any more.
    is_over: bool,
}

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session that was begun; it ends with this.
pub(super) struct Session {
    url: String,
    ca: Option<Utf8PathBuf>,
    certificate: Option<Digest>,
    key: Arc<Secret>,
    is_ended: AtomicBool,
    within: Duration,
}

impl Session {
    /// The session that `login` begins at `server`, ended within this time.
    pub(super) fn begin<E>(
        server: &Server<'_>,
        within: Duration,
        login: impl FnOnce() -> Result<Secret, E>,
    ) -> Result<Option<Arc<Self>>, E> {
        let Some(_busy) = Busy::unless_over() else { return Ok(None) };
        let session = Arc::new(Self {
            url: server.url.to_owned(),
            ca: server.ca.clone(),
            certificate: server.certificate,
            key: Arc::new(login()?),
            is_ended: AtomicBool::new(false),
            within,
        });
        let mut all = all();
        all.open.retain(|it| it.strong_count() > 0);
        all.open.push(Arc::downgrade(&session));
        Ok(Some(session))
    }

    pub(super) const fn key(&self) -> &Arc<Secret> {
        &self.key
    }

    /// Ends it, once. One that can't be ended ends by itself.
    fn end(&self, within: Duration) {
        let _busy = Busy::new(&mut all());
        if self.is_ended.swap(true, Ordering::SeqCst) {
            return;
        }
        let server = Server { url: &self.url, ca: self.ca.clone(), certificate: self.certificate };
        let headers = vec![("apikey", self.key.expose())];
        let sent = Sent { method: "POST", path: "/logout", headers, ..Sent::default() };
        let _ = exchange(&server, &sent, within, &[self.key.expose()]);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end(self.within);
    }
}

/// Ends all of `sessions` at once: one that hangs holds up no other.
pub(super) fn end(sessions: &[Arc<Session>], within: Duration) {
    thread::scope(|scope| {
        for session in sessions {
            scope.spawn(move || session.end(within));
        }
    });
}

/// Ends all sessions of this process, which begins none any more; takes little longer than `within`.
pub fn end_sessions(within: Duration) {
    all().is_over = true;
    let quiet = |within| {
        let _ = QUIET.wait_timeout_while(all(), within, |all| all.busy > 0);
    };
    quiet(within);
    let open: Vec<Arc<Session>> = all().open.iter().filter_map(Weak::upgrade).collect();
    end(&open, within);
    quiet(within);
}

/// A login or a logout on its way.
struct Busy(());

impl Busy {
    fn new(all: &mut All) -> Self {
        all.busy += 1;
        Self(())
    }

    fn unless_over() -> Option<Self> {
        let mut all = all();
        (!all.is_over).then(|| Self::new(&mut all))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut all = all();
        all.busy = all.busy.saturating_sub(1);
        drop(all);
        QUIET.notify_all();
    }
}

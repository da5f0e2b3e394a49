//! Accounts that several hosts share, as those of a domain: the first login of one goes alone, and when it is
//! refused, no other host is tried with it. So a wrong password is one attempt, not one a host, after
//! which the domain locks the account.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::address::HostName;
use crate::manifest::WinrmConnection;

use super::failure::{Failure, Problem};

/// What is known of the accounts of one run.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: Mutex<BTreeMap<String, Standing>>,
    changed: Condvar,
}

#[derive(Debug, Clone)]
enum Standing {
    /// A host is being tried with it.
    Tried,
    /// A host has let it in.
    Good,
    /// This host has refused it.
    Refused(HostName),
}

impl Accounts {
    /// Logs in on `host` by `log_in`, unless another host has refused the same account.
    pub(super) fn log_in<T>(
        &self,
        host: &HostName,
        account: Option<String>,
        log_in: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(account) = account else { return log_in() };
        if self.is_good(host, &account)? {
            return log_in();
        }
        let mut attempt = Attempt { accounts: self, account, comes_to: None };
        let came = log_in();
        attempt.comes_to = match &came {
            Ok(_) => Some(Standing::Good),
            Err(Failure { problem: Problem::Login(_), .. }) => {
                Some(Standing::Refused(host.clone()))
            }
            // The account was not judged: the next one tries.
            Err(_) => None,
        };
        came
    }

    /// Whether a host has let the account in; false when `host` is to try it, alone.
    fn is_good(&self, host: &HostName, account: &str) -> Result<bool, Failure> {
        let mut known = self.lock();
        loop {
            match known.get(account).cloned() {
                None => {
                    known.insert(account.to_owned(), Standing::Tried);
                    return Ok(false);
                }
                Some(Standing::Good) => return Ok(true),
                Some(Standing::Refused(by)) => return Err(refused(host, &by)),
                // Bounded: a login has a time limit.
                Some(Standing::Tried) => {
                    known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Nobody panics while holding the lock with something half-done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Standing>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one attempt that others wait for; tells them what it came to, also when it panics.
struct Attempt<'a> {
    accounts: &'a Accounts,
    account: String,
    comes_to: Option<Standing>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut known = self.accounts.lock();
        match self.comes_to.take() {
            Some(standing) => drop(known.insert(std::mem::take(&mut self.account), standing)),
            None => drop(known.remove(&self.account)),
        }
        drop(known);
        self.accounts.changed.notify_all();
    }
}

fn refused(host: &HostName, by: &HostName) -> Failure {
    Failure {
        host: host.clone(),
        during: "log in".to_owned(),
        problem: Problem::Login(format!(
            "{by} has refused the same user, so that {host} was not tried: more attempts could lock the \
             account"
        )),
        hint: format!("see what is said of {by}; `mdc doctor {by}` tries that host alone"),
    }
}

/// The account that `settings` log in with, where hosts share it: one of a domain. A host's own users are
/// judged by each host for itself.
pub(super) fn shared(settings: &WinrmConnection) -> Option<String> {
    let is_shared = settings.realm.is_some() || is_of_domain(&settings.user);
    is_shared.then(|| format!("{} {:?}", settings.user.to_lowercase(), settings.password))
}

/// `DOMAIN\user` or `user@domain`; a dot stands for the host itself.
fn is_of_domain(user: &str) -> bool {
    user.contains('@') || user.split_once('\\').is_some_and(|(domain, _)| domain != ".")
}

#[cfg(test)]
mod tests;

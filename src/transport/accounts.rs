//! Accounts, and what became of their passwords: one that a host has refused is not shown to that host again.
//! Of those that several hosts share, as those of a domain, the first login goes alone, and when its password is
//! refused, no other host is tried with it. So a wrong password is one attempt, after several of which Windows
//! or the domain locks the account.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::address::HostName;
use crate::manifest::WinrmConnection;

use super::failure::{Problem, Trouble};

/// What is known of the accounts of one run.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    /// Of those that hosts share.
    shared: BTreeMap<String, Standing>,
    /// What each host makes of each.
    hosts: BTreeMap<(HostName, String), OnHost>,
}

#[derive(Debug)]
enum Standing {
    /// A host is being tried with it.
    Tried,
    /// A host has let it in.
    Good,
    /// This host has refused it.
    Refused(HostName),
}

#[derive(Debug)]
enum OnHost {
    /// It is being tried. A second login waits for what the first comes to, so that a password that has
    /// become wrong is not shown by both.
    Tried,
    /// It was refused, with these words.
    Refused(Trouble),
}

/// An account that a password belongs to.
#[derive(Debug, Clone)]
pub(super) struct Account {
    name: String,
    /// Whether all hosts mean the same one by it.
    is_shared: bool,
}

/// Whether a login may begin.
enum Turn {
    Wait,
    /// Whether others wait for what it comes to.
    Begin {
        is_alone: bool,
    },
}

impl Accounts {
    /// To be asked before `account`'s password is shown for `host`: waits, at most until `until`, while
    /// somebody else tries it there, or another host is tried with it.
    pub(super) fn begin(
        self: &Arc<Self>,
        host: &HostName,
        account: Account,
        until: Option<Instant>,
    ) -> Result<Attempt, Trouble> {
        let mut known = self.lock();
        let is_alone = loop {
            if let Turn::Begin { is_alone } = known.turn(host, &account)? {
                break is_alone;
            }
            known = match until {
                // Bounded: a login has a time limit.
                None => self.changed.wait(known).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(busy());
                    }
                    let waited = self.changed.wait_timeout(known, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        };
        if is_alone {
            known.shared.insert(account.name.clone(), Standing::Tried);
        }
        known.hosts.insert((host.clone(), account.name.clone()), OnHost::Tried);
        drop(known);
        let (accounts, host) = (Arc::clone(self), host.clone());
        Ok(Attempt { accounts, account, host, is_alone, came: Came::Unjudged })
    }

    /// Nobody panics while holding the lock with something half-done.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether it is the turn of `host` to be tried.
    fn turn(&self, host: &HostName, account: &Account) -> Result<Turn, Trouble> {
        match self.hosts.get(&(host.clone(), account.name.clone())) {
            Some(OnHost::Refused(trouble)) => return Err(again(trouble)),
            Some(OnHost::Tried) => return Ok(Turn::Wait),
            None => {}
        }
        let is_alone = account.is_shared;
        match self.shared.get(&account.name) {
            None => Ok(Turn::Begin { is_alone }),
            Some(Standing::Good) => Ok(Turn::Begin { is_alone: false }),
            Some(Standing::Refused(by)) => Err(refused(host, by)),
            Some(Standing::Tried) => Ok(Turn::Wait),
        }
    }
}

/// A login by password; tells those who wait for it what it came to, also when it panics.
#[derive(Debug)]
pub(super) struct Attempt {
    accounts: Arc<Accounts>,
    account: Account,
    host: HostName,
    /// Whether other hosts wait for it.
    is_alone: bool,
    came: Came,
}

/// What a login came to.
#[derive(Debug)]
enum Came {
    In,
    Refused(Trouble),
    /// Nobody looked at the password. The next one tries.
    Unjudged,
}

impl Attempt {
    /// The password is good.
    pub(super) fn good(mut self) {
        self.came = Came::In;
    }

    /// The password was refused, with these words.
    pub(super) fn refused(mut self, trouble: Trouble) {
        self.came = Came::Refused(trouble);
    }
}

impl Attempt {
    /// What is known of an account that hosts share, after this.
    fn after(&self, before: Option<Standing>) -> Option<Standing> {
        match (&self.came, self.is_alone, before) {
            (Came::In, true, _) => Some(Standing::Good),
            (Came::Refused(_), true, _) | (Came::Refused(_), false, None) => {
                Some(Standing::Refused(self.host.clone()))
            }
            // Not judged; or the password may have changed meanwhile, or this host alone does not let
            // it in: the next login shows which, alone.
            (Came::Unjudged, true, _) | (Came::Refused(_), false, Some(Standing::Good)) => None,
            (_, false, before) => before,
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let name = self.account.name.clone();
        let mut known = self.accounts.lock();
        if self.account.is_shared {
            let before = known.shared.remove(&name);
            if let Some(after) = self.after(before) {
                known.shared.insert(name.clone(), after);
            }
        }
        let on_host = (self.host.clone(), name);
        match std::mem::replace(&mut self.came, Came::Unjudged) {
            Came::Refused(trouble) => drop(known.hosts.insert(on_host, OnHost::Refused(trouble))),
            Came::In | Came::Unjudged => drop(known.hosts.remove(&on_host)),
        }
        drop(known);
        self.accounts.changed.notify_all();
    }
}

fn again(before: &Trouble) -> Trouble {
    let problem = Problem::Refused(format!(
        "{}; it was not tried again, since more attempts could lock the account",
        before.problem
    ));
    Trouble { problem, ..before.clone() }
}

fn refused(host: &HostName, by: &HostName) -> Trouble {
    let problem = Problem::Refused(format!(
        "{by} has refused the same user, so that {host} was not tried: more attempts could lock the \
         account"
    ));
    let hint = format!("see what is said of {by}; `mdc doctor {by}` tries that host alone");
    Trouble::new("log in", problem, hint)
}

fn busy() -> Trouble {
    let problem = Problem::Unreachable("the same user is being tried elsewhere".to_owned());
    Trouble::new("log in", problem, "try again")
}

/// The account that `settings` log in with.
pub(super) fn of(settings: &WinrmConnection) -> Account {
    let WinrmConnection { user, password, realm, keytab, .. } = settings;
    let is_shared = realm.is_some() || is_of_domain(user);
    let name = format!("{} {realm:?} {password:?} {keytab:?}", user.to_lowercase());
    Account { name, is_shared }
}

/// `DOMAIN\user` or `user@domain`; a dot stands for the host itself.
fn is_of_domain(user: &str) -> bool {
    user.contains('@') || user.split_once('\\').is_some_and(|(domain, _)| domain != ".")
}

#[cfg(test)]
mod tests;

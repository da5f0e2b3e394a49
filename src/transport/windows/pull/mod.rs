//! Files that a host fetches, in the place of being sent them over standard input: from this process, over TLS
//! with a key of that time, each by a word that nobody can guess.

mod door;
mod identity;
mod serve;

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::manifest::Pull;
use crate::transport::failure::Problem;
pub(in crate::transport) use door::Doors;
pub use door::fetched;
use serve::File;
pub(super) use serve::Served;

/// How one host fetches files.
#[derive(Debug, Clone)]
pub(in crate::transport) struct Puller {
    settings: Pull,
    doors: Arc<Doors>,
}

/// One file that is offered to a host.
#[derive(Debug)]
pub(super) struct Offer {
    door: door::Offer,
    /// What the host connects to.
    address: String,
}

impl Offer {
    /// The words that the script is called with, for a file of `size` bytes at `path`.
    pub(super) fn words(&self, path: &str, size: u64) -> Vec<String> {
        let door = &self.door;
        let (port, fingerprint) = (door.port.to_string(), door.fingerprint.to_string());
        let first = [self.address.clone(), port, door.word.clone(), fingerprint];
        first.into_iter().chain([path.to_owned(), size.to_string()]).collect()
    }
}

impl Puller {
    /// By one of `doors`.
    pub(in crate::transport) fn new(settings: &Pull, doors: &Arc<Doors>) -> Self {
        Self { settings: settings.clone(), doors: Arc::clone(doors) }
    }

    /// Offers one file to a host whose connection comes from `own`, an address of this machine.
    pub(super) fn offer(&self, own: Option<IpAddr>) -> Result<Offer, Problem> {
        let (listen, address) = match (&self.settings.address, own) {
            (Some(told), _) => (any(told), told.clone()),
            (None, Some(own)) => (own, own.to_string()),
            (None, None) => {
                let why = "it is not known from which address of this machine the host is reached: name \
                           it as `pull-address`";
                return Err(Problem::Here(why.to_owned()));
            }
        };
        let place = SocketAddr::new(listen, self.settings.port.unwrap_or_default());
        let door = self.doors.offer(place).map_err(Problem::Here)?;
        Ok(Offer { door, address })
    }
}

/// Every address of this machine, of the kind that hosts are told.
fn any(told: &str) -> IpAddr {
    match told.parse() {
        Ok(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// Lets `fetch` run, and meanwhile gives `source` to the host that it is offered to.
pub(super) fn beside<T: Send>(
    offer: &Offer,
    (source, size): (&mut dyn Read, u64),
    until: Instant,
    fetch: impl FnOnce() -> T + Send,
) -> (T, Served) {
    std::thread::scope(|scope| {
        let fetch = scope.spawn(fetch);
        let is_over = || fetch.is_finished();
        let given = File { source, size, until, is_over: &is_over }.serve(&offer.door);
        let done = fetch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (done, given)
    })
}

#[cfg(test)]
mod tests;

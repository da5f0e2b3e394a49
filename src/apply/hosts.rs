//! Hosts that are changed beside the steps of a run, some at once: the same for each of them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::connections::Dial;
use crate::address::HostName;
use crate::transport::Tenure;

/// Hosts that are changed beside the steps of a run, and how they are reached.
pub struct Hosts<'a> {
    /// Makes connections.
    pub dial: &'a Dial<'a>,
    /// The lease under which hosts are changed.
    pub tenure: &'a Tenure,
    /// How many hosts at once.
    pub at_once: NonZeroUsize,
}

/// Does `work` for each of `hosts`, at most `at_once` at a time, and hands what comes of it to
/// `hear`, in the order in which it comes.
pub fn each<'h, T: Send>(
    hosts: &BTreeSet<&'h HostName>,
    at_once: NonZeroUsize,
    work: impl Fn(&HostName) -> T + Sync,
    mut hear: impl FnMut(&'h HostName, T),
) {
    let left = Mutex::new(hosts.iter().copied());
    let (tell, told) = channel();
    thread::scope(|scope| {
        for _ in 0..at_once.get().min(hosts.len()) {
            let (left, work, tell) = (&left, &work, tell.clone());
            scope.spawn(move || {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(host) = next else { return };
                    let _ = tell.send((host, work(host)));
                }
            });
        }
        drop(tell);
        for (host, what) in told {
            hear(host, what);
        }
    });
}

//! Copying package files to hosts: not more at once than is allowed, from where a copy was cut off, and
//! nothing else than what was reviewed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use camino::Utf8Path;

use super::event::Event;
use super::halt::{Halt, Word};
use super::package::Reviewed;
use super::reach::Reach;
use super::worker::Worker;
use crate::address::HostName;
use crate::plan::Step;
use crate::state::StepFailure;
use crate::transport::{Command, Failure, Output, Problem};
use crate::value::Digest;

/// Bytes between two events of a copy.
const COPIED_EVERY: u64 = 1 << 20;

/// How soon a copy that waits for room hears that the run stops.
const HEARS: Duration = Duration::from_millis(200);
/// So many hosts get files from one relay at once: sshd refuses some of those that log in when ten do so at
/// the same time (`MaxStartups` of `sshd_config`(5)).
const AT_RELAY: u64 = 8;

/// Package files on this machine, and how many of them may be on their way at once.
pub(super) struct Copying<'a> {
    /// The folder that package files are relative to.
    folder: &'a Utf8Path,
    reviewed: Reviewed,
    room: Arc<Room>,
    /// How many each relay serves.
    relays: Mutex<BTreeMap<HostName, Arc<Room>>>,
}

impl<'a> Copying<'a> {
    /// From `folder`, at most so many bytes and files at once.
    pub(super) fn new(folder: &'a Utf8Path, (bytes, files): (u64, u64)) -> Self {
        let room = Arc::new(Room::new(bytes, files));
        Self { folder, reviewed: Reviewed::default(), room, relays: Mutex::default() }
    }

    /// Waits until the relay serves fewer hosts than it may; none when the run stops before.
    pub(super) fn at_relay(&self, relay: &HostName, halt: &Halt) -> Option<Taken> {
        let mut relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Room::new(u64::MAX, AT_RELAY));
        let room = Arc::clone(relays.entry(relay.clone()).or_insert_with(new));
        drop(relays);
        Room::take(&room, 0, halt)
    }

    /// The file, when it is the one that was reviewed; otherwise why it isn't sent, in words.
    pub(super) fn file(&self, from: &str, content: (Digest, u64)) -> Result<File, String> {
        self.reviewed.open(&self.folder.join(from), content)
    }
}

/// A file to send.
#[derive(Clone, Copy)]
pub(super) struct Sent<'s> {
    pub(super) step: &'s Step,
    /// What takes it on the host.
    pub(super) command: &'s Command,
    pub(super) from: &'s str,
    /// What was reviewed.
    pub(super) content: (Digest, u64),
}

/// The command that has looked for a file in vain, and what it has printed.
pub(super) type Sought = (Command, Output);

impl Worker<'_> {
    /// Sends a file, from where a copy before was cut off; none when the run stops before its turn.
    pub(super) fn copy(
        &self,
        sent: Sent<'_>,
        sought: Option<&Sought>,
    ) -> Result<Option<Output>, StepFailure> {
        let Sent { step, command, content: (_, size), .. } = sent;
        let Some(_room) = Room::take(&self.copying.room, size, self.reach.halt) else {
            return Ok(None);
        };
        self.enter(step)?;
        let mut is_again = false;
        let output = self.on_host(step, command, &mut |host| {
            let mut at = sought.map_or(0, |(_, output)| part(output, size));
            // After a cut, the host is asked again how much it has.
            if let Some((find, _)) = sought.filter(|_| std::mem::replace(&mut is_again, true)) {
                let output = host.run(find, None)?;
                if output.end.is_success() {
                    return Ok(output);
                }
                at = part(&output, size);
            }
            let output = host.run(command, Some(&mut self.open(sent, at)?))?;
            if output.end.is_success() || at == 0 {
                return Ok(output);
            }
            // What was there was not the beginning of it, and is gone.
            host.run(command, Some(&mut self.open(sent, 0)?))
        })?;
        Ok(Some(output))
    }

    fn open<'w>(&'w self, sent: Sent<'w>, at: u64) -> Result<Counted<'w>, Failure> {
        let opened = self.copying.file(sent.from, sent.content).and_then(|mut file| {
            let there = file.seek(SeekFrom::Start(at));
            there.map(|_| file).map_err(|error| format!("{}: {error}", sent.from))
        });
        let file = opened.map_err(|why| Failure {
            host: sent.step.host.clone(),
            during: "copy the package file to the host".to_owned(),
            problem: Problem::Here(why),
            hint: "nothing was sent; put the package file back where the release says".to_owned(),
        })?;
        let (step, total) = (&*sent.step.id, sent.content.1);
        Ok(Counted { file, reach: self.reach, step, sent: at, told: at, total })
    }
}

/// How many bytes of the file the host has from a copy that was cut off.
fn part(output: &Output, size: u64) -> u64 {
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().ok().filter(|at| *at < size).unwrap_or_default()
}

/// A package file that tells how much of it was read, and ends early when it is told to.
struct Counted<'a> {
    file: File,
    reach: &'a Reach<'a>,
    step: &'a str,
    sent: u64,
    told: u64,
    total: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reach.halt.is_said() {
            return Err(io::Error::other("the copy was cancelled"));
        }
        let count = self.file.read(buffer)?;
        self.sent += count as u64;
        if self.sent - self.told >= COPIED_EVERY || count == 0 {
            self.told = self.sent;
            let step = self.step.to_owned();
            (self.reach.tell)(Event::Copied { step, sent: self.sent, total: self.total });
        }
        Ok(count)
    }
}

/// What may be on its way at once: bytes and files.
struct Room {
    most: u64,
    left: Mutex<(u64, u64)>,
    freed: Condvar,
}

impl Room {
    fn new(bytes: u64, files: u64) -> Self {
        Self { most: bytes, left: Mutex::new((bytes, files.max(1))), freed: Condvar::new() }
    }

    /// Waits until there is room for a file of `size` bytes; a larger one than all the room takes all of it.
    /// None when the run stops before.
    fn take(room: &Arc<Self>, size: u64, halt: &Halt) -> Option<Taken> {
        let bytes = size.min(room.most);
        let mut left = room.left.lock().unwrap_or_else(PoisonError::into_inner);
        while left.0 < bytes || left.1 == 0 {
            if halt.has_said(Word::Stop) {
                return None;
            }
            let waited = room.freed.wait_timeout(left, HEARS);
            left = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *left = (left.0 - bytes, left.1 - 1);
        Some(Taken { room: Arc::clone(room), bytes })
    }
}

/// Room that is taken, until it is dropped.
pub(super) struct Taken {
    room: Arc<Room>,
    bytes: u64,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut left = self.room.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (left.0 + self.bytes, left.1 + 1);
        drop(left);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    /// The most files and bytes that were on their way together, of `files` files of `size` bytes.
    fn most_of(files: u32, size: u64, bounds: (u64, u64)) -> (u64, u64) {
        let copying = Copying::new(Utf8Path::new(""), bounds);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        let halt = Halt::default();
        thread::scope(|scope| {
            for _ in 0..files {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let taken = Room::take(&copying.room, size, &halt).unwrap();
                        let together = now.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(together, Ordering::SeqCst);
                        thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
        let most = most.into_inner();
        (most, most * size)
    }

    #[test]
    fn no_more_is_on_its_way_than_is_allowed() {
        assert!(most_of(6, 40, (100, u64::MAX)).1 <= 100);
        assert!(most_of(6, 40, (u64::MAX, 3)).0 <= 3);
        assert_eq!(most_of(4, 500, (100, u64::MAX)).0, 1, "a larger one goes alone");
    }

    #[test]
    fn what_waits_for_room_is_not_begun_when_the_run_stops() {
        let copying = Copying::new(Utf8Path::new(""), (100, 1));
        let halt = Halt::default();
        let first = Room::take(&copying.room, 10, &halt).unwrap();
        thread::scope(|scope| {
            let second = scope.spawn(|| Room::take(&copying.room, 10, &halt).is_none());
            halt.say(Word::Stop);
            assert!(second.join().unwrap());
        });
        drop(first);
        assert!(Room::take(&copying.room, 10, &halt).is_some(), "there is room");
    }

    #[test]
    fn only_a_number_below_the_size_is_a_part() {
        for (said, at) in [("7\n", 7), ("10\n", 0), ("", 0), ("x: FAILED\n", 0), ("-3", 0)] {
            let output = Output {
                end: crate::transport::End::Exit(1),
                stdout: said.into(),
                stderr: Vec::new(),
            };
            assert_eq!(part(&output, 10), at, "{said}");
        }
    }
}

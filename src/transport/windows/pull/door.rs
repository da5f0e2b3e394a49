//! Where hosts fetch: one listener for each address and port of this process, as long as something is
//! offered there, however many hosts fetch at once. Files are told apart by words that nobody can guess.
//!
//! Anybody can reach it. So each who connects is heard in a thread of its own, of which there are only so many,
//! and has one limit for everything up to the end of the request.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use openssl::memcmp;
use openssl::ssl::{SslAcceptor, SslStream};

use super::identity::identity;
use crate::transport::token::Token;
use crate::value::Digest;

/// Between two looks whether somebody connects.
const LOOK: Duration = Duration::from_millis(20);
/// How long whoever has connected may take until the end of the request.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many are heard at once; others wait to be let in.
const GUESTS: usize = 64;
/// The longest head of a request.
const HEAD: usize = 4096;

/// All doors of this process.
#[derive(Debug)]
pub(in crate::transport) struct Doors {
    open: Mutex<BTreeMap<SocketAddr, Door>>,
    patience: Duration,
}

/// A listener, until it is dropped.
#[derive(Debug)]
struct Door {
    port: u16,
    hall: Arc<Hall>,
    porter: Option<JoinHandle<()>>,
}

/// What those who are let in by one door find.
struct Hall {
    acceptor: SslAcceptor,
    fingerprint: Digest,
    offers: Mutex<BTreeMap<String, Sender<Asked>>>,
    is_closed: AtomicBool,
    patience: Duration,
}

/// Somebody who knows the word of a file asks for it.
pub(super) struct Asked {
    pub(super) stream: SslStream<Guest>,
    /// From where on.
    pub(super) from: u64,
}

/// A place at a door for one file, until it is dropped.
#[derive(Debug)]
pub(super) struct Offer {
    doors: Arc<Doors>,
    place: SocketAddr,
    pub(super) port: u16,
    pub(super) word: String,
    pub(super) fingerprint: Digest,
    /// Who asks.
    pub(super) asked: Receiver<Asked>,
}

impl Default for Doors {
    fn default() -> Self {
        Self::patient(PATIENCE)
    }
}

impl Doors {
    pub(super) fn patient(patience: Duration) -> Self {
        Self { open: Mutex::default(), patience }
    }

    /// Offers one more file at `place`; at any free port when it names none. Why it can't, in words.
    pub(super) fn offer(self: &Arc<Self>, place: SocketAddr) -> Result<Offer, String> {
        let unusable = |error: &dyn Display| {
            format!("nothing can be offered at {place} for fetching: {error}")
        };
        let word = Token::random().map_err(|error| unusable(&error))?.to_string();
        let mut open = lock(&self.open);
        let door = match open.entry(place) {
            Entry::Occupied(door) => door.into_mut(),
            Entry::Vacant(none) => {
                let door = Door::open(place, self.patience).map_err(|error| unusable(&error))?;
                none.insert(door)
            }
        };
        let (sender, asked) = mpsc::channel();
        lock(&door.hall.offers).insert(word.clone(), sender);
        let (port, fingerprint) = (door.port, door.hall.fingerprint);
        drop(open);
        Ok(Offer { doors: Arc::clone(self), place, port, word, fingerprint, asked })
    }
}

impl Drop for Offer {
    /// The last one closes the door, before anybody else opens it anew.
    fn drop(&mut self) {
        let mut open = lock(&self.doors.open);
        let is_last = open.get(&self.place).is_some_and(|door| {
            let mut offers = lock(&door.hall.offers);
            offers.remove(&self.word);
            offers.is_empty()
        });
        if is_last {
            open.remove(&self.place);
        }
    }
}

impl Door {
    fn open(place: SocketAddr, patience: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(place)?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (acceptor, fingerprint) = identity()?;
        let (offers, is_closed) = (Mutex::default(), AtomicBool::new(false));
        let hall = Arc::new(Hall { acceptor, fingerprint, offers, is_closed, patience });
        let inside = Arc::clone(&hall);
        let porter = thread::Builder::new().spawn(move || inside.let_in(&listener))?;
        Ok(Self { port, hall, porter: Some(porter) })
    }
}

impl Drop for Door {
    /// Afterwards nothing listens.
    fn drop(&mut self) {
        self.hall.is_closed.store(true, Ordering::Relaxed);
        if let Some(porter) = self.porter.take() {
            let _ = porter.join();
        }
    }
}

impl Hall {
    fn let_in(self: &Arc<Self>, listener: &TcpListener) {
        let guests = Arc::new(());
        while !self.is_closed.load(Ordering::Relaxed) {
            let has_room = Arc::strong_count(&guests) <= GUESTS;
            let Some(Ok((socket, _))) = has_room.then(|| listener.accept()) else {
                thread::sleep(LOOK);
                continue;
            };
            let (hall, guest) = (Arc::clone(self), Arc::clone(&guests));
            // Who can't be heard, or is not the host, or breaks off, is nobody's matter here: the host tells
            // how it did.
            let _ = thread::Builder::new().spawn(move || {
                let _ = hall.hear(socket);
                drop(guest);
            });
        }
    }

    fn hear(&self, socket: TcpStream) -> io::Result<()> {
        socket.set_nonblocking(false)?;
        socket.set_nodelay(true)?;
        let guest = Guest { socket, until: Instant::now() + self.patience };
        let mut stream = self.acceptor.accept(guest).map_err(io::Error::other)?;
        let head = head(&mut stream)?;
        let offer = asked(&head).and_then(|(word, from)| Some((self.offered(word)?, from)));
        let asked = match offer {
            // Whoever offers it has ended meanwhile.
            Some((offer, from)) => match offer.send(Asked { stream, from }) {
                Ok(()) => return Ok(()),
                Err(unheard) => unheard.0,
            },
            None => Asked { stream, from: 0 },
        };
        asked.refuse()
    }

    /// Who offers the file of this word.
    fn offered(&self, word: &str) -> Option<Sender<Asked>> {
        let is_it = |it: &str| it.len() == word.len() && memcmp::eq(it.as_bytes(), word.as_bytes());
        let offers = lock(&self.offers);
        offers.iter().find(|(it, _)| is_it(it)).map(|(_, offer)| offer.clone())
    }
}

impl Asked {
    pub(super) fn refuse(mut self) -> io::Result<()> {
        let none = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        self.stream.write_all(none)?;
        self.stream.shutdown().map(drop).map_err(io::Error::other)
    }
}

/// The word of the file that a request, which may be anybody's, asks for, and from where on; nothing when it is none.
#[must_use]
pub fn fetched(request: &[u8]) -> Option<(String, u64)> {
    let head = head(&mut &*request).ok()?;
    asked(&head).map(|(word, from)| (word.to_owned(), from))
}

/// The word and the beginning that a request names.
fn asked(head: &str) -> Option<(&str, u64)> {
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (verb, path) = (first.next()?, first.next()?.strip_prefix('/')?);
    if verb != "GET" {
        return None;
    }
    let range = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range").then(|| value.trim())
    });
    let from = match range {
        Some(range) => range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?,
        None => 0,
    };
    Some((path, from))
}

/// What the other side says until an empty line.
fn head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD || stream.read(&mut byte)? == 0 {
            return Err(io::Error::other("no request"));
        }
        head.extend_from_slice(&byte);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// A socket that nothing waits for longer than until `until`, however little trickles.
#[derive(Debug)]
pub(super) struct Guest {
    socket: TcpStream,
    pub(super) until: Instant,
}

impl Guest {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::WouldBlock.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Guest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for Guest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nobody panics while holding a lock with something half-done.
fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Hall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hall").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

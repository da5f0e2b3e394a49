//! One file for the host that it is offered to: the whole, or the rest of it, once.

use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use openssl::ssl::SslStream;

use super::door::{Asked, Guest, Offer};

/// Between two looks whether the host has ended.
const LOOK: Duration = Duration::from_millis(20);
/// For how long the host may take nothing.
const STALLED: Duration = Duration::from_mins(1);
/// Bytes that are sent at once.
const BLOCK: usize = 256 * 1024;

/// What the host was given.
#[derive(Debug, Default)]
pub(in crate::transport::windows) struct Served {
    /// Bytes of the file that were read, from its beginning.
    pub(in crate::transport::windows) read: u64,
    /// Why the file could not be read any further.
    pub(in crate::transport::windows) broken: Option<String>,
}

/// A file, and for how long it is given.
pub(super) struct File<'a> {
    pub(super) source: &'a mut dyn Read,
    pub(super) size: u64,
    pub(super) until: Instant,
    pub(super) is_over: &'a dyn Fn() -> bool,
}

impl File<'_> {
    /// Gives it to those who ask for what is offered, as long as there is anybody to wait for.
    pub(super) fn serve(mut self, offer: &Offer) -> Served {
        let mut served = Served::default();
        while self.is_wanted() && served.broken.is_none() {
            if let Ok(asked) = offer.asked.recv_timeout(LOOK) {
                // Whoever breaks off: the host tells how it did.
                let _ = self.answer(asked, &mut served);
            }
        }
        served
    }

    fn is_wanted(&self) -> bool {
        !(self.is_over)() && Instant::now() < self.until
    }

    fn answer(&mut self, asked: Asked, served: &mut Served) -> io::Result<()> {
        let (from, size) = (asked.from, self.size);
        // From the very place that it was read to, or a later one: what was read is not there any more.
        if !(served.read..size).contains(&from) {
            return asked.refuse();
        }
        let mut stream = asked.stream;
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: {}\r\nContent-Range: bytes {from}-{}/{size}\r\nConnection: close\r\n\r\n",
            size - from,
            size - 1,
        );
        self.send(&mut stream, head.as_bytes())?;
        let mut buffer = vec![0; BLOCK];
        while served.read < size {
            // What the host has already is read past.
            let limit = if served.read < from { from - served.read } else { size - served.read };
            let most = usize::try_from(limit).unwrap_or(BLOCK).min(BLOCK);
            let room = buffer.get_mut(..most).unwrap_or_default();
            let count = match self.source.read(room) {
                Ok(0) => return broken(served, &"the file has become shorter"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return broken(served, &error),
            };
            let is_new = served.read >= from;
            served.read += count as u64;
            if is_new {
                self.send(&mut stream, buffer.get(..count).unwrap_or_default())?;
            }
        }
        stream.get_mut().until = Instant::now() + LOOK;
        stream.shutdown().map(drop).map_err(io::Error::other)
    }

    /// All of `bytes`, unless the host has ended or takes nothing.
    fn send(&self, stream: &mut SslStream<Guest>, mut bytes: &[u8]) -> io::Result<()> {
        let mut since = Instant::now();
        while !bytes.is_empty() {
            stream.get_mut().until = Instant::now() + LOOK;
            match stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    bytes = bytes.get(count..).unwrap_or_default();
                    since = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(error) if !self.is_wanted() || since.elapsed() > STALLED => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }
}

fn broken(served: &mut Served, why: &dyn Display) -> io::Result<()> {
    served.broken = Some(why.to_string());
    Err(io::Error::other("the file can't be read"))
}

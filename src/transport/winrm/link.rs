//! A connected socket, bare or inside TLS. Nothing here waits without a limit.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

use openssl::ssl::{ErrorCode, SslStream};

use crate::transport::failure::Problem;
use crate::transport::limit::Limit;

/// The least time that a socket can be told to wait.
const LEAST: Duration = Duration::from_millis(1);
/// Time enough for a look that waits for nothing.
const LOOK: Duration = Duration::from_secs(1);

/// A way for bytes.
pub(super) enum Link {
    /// TCP alone: what goes over it is sealed by itself.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<SslStream<Bounded>>),
}

/// A socket below TLS. TLS reads and writes more than once for one piece of data, and a host that lets bytes
/// trickle would be waited for as long each time: the limit is looked at before each.
#[derive(Debug)]
pub(super) struct Bounded {
    socket: TcpStream,
    pub(super) limit: Limit,
}

impl Bounded {
    pub(super) const fn new(socket: TcpStream, limit: Limit) -> Self {
        Self { socket, limit }
    }

    /// What is over comes to nothing; whoever asked looks at the limit too, and says what is wrong.
    fn left(&self) -> std::io::Result<Duration> {
        left(&self.limit).map_err(|_| ErrorKind::WouldBlock.into())
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Link {
    pub(super) const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.get_ref().socket,
        }
    }

    /// Its address on this side.
    pub(super) fn own_address(&self) -> Option<IpAddr> {
        self.socket().local_addr().ok().map(|it| it.ip())
    }

    /// Whether the host has closed the connection, or has said something unasked: nothing more can
    /// be asked over it. To be called only while no answer is awaited.
    pub(super) fn is_spent(&mut self) -> bool {
        if self.socket().set_nonblocking(true).is_err() {
            return true;
        }
        let is_quiet = match self {
            Self::Plain(socket) => {
                socket.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
            }
            // TLS 1.3 hands out tickets unasked, which are no data.
            Self::Tls(stream) => {
                stream.get_mut().limit =
                    Limit::start("a look", LOOK).within(Some(Instant::now() + LOOK));
                stream.ssl_peek(&mut [0]).is_err_and(|error| error.code() == ErrorCode::WANT_READ)
            }
        };
        self.socket().set_nonblocking(false).is_err() || !is_quiet
    }

    /// Reads what is there, and waits for something; 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8], limit: &Limit) -> Result<usize, Problem> {
        loop {
            let left = left(limit)?;
            let read = match self {
                Self::Plain(socket) => {
                    socket.set_read_timeout(Some(left)).and_then(|()| socket.read(buffer))
                }
                Self::Tls(stream) => {
                    stream.get_mut().limit = *limit;
                    read_tls(stream, buffer)
                }
            };
            match read {
                Err(error) if is_for_later(&error) => {}
                done => return done.map_err(|error| lost(&error)),
            }
        }
    }

    /// Reads until `buffer` is full.
    pub(super) fn fill(&mut self, mut buffer: &mut [u8], limit: &Limit) -> Result<(), Problem> {
        while !buffer.is_empty() {
            let count = self.read(buffer, limit)?;
            if count == 0 {
                return Err(Problem::Lost("what was said was cut off".to_owned()));
            }
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Writes all of `bytes`.
    pub(super) fn write(&mut self, mut bytes: &[u8], limit: &Limit) -> Result<(), Problem> {
        while !bytes.is_empty() {
            let left = left(limit)?;
            let written = match self {
                Self::Plain(socket) => {
                    socket.set_write_timeout(Some(left)).and_then(|()| socket.write(bytes))
                }
                Self::Tls(stream) => {
                    stream.get_mut().limit = *limit;
                    stream.write(bytes)
                }
            };
            match written {
                Ok(0) => return Err(Problem::Lost("the host takes nothing more".to_owned())),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_for_later(&error) => {}
                Err(error) => return Err(lost(&error)),
            }
        }
        Ok(())
    }
}

/// An end without TLS's own goodbye is an end too: lengths tell whether an answer is whole.
fn read_tls(stream: &mut SslStream<Bounded>, buffer: &mut [u8]) -> std::io::Result<usize> {
    match stream.ssl_read(buffer) {
        Ok(count) => Ok(count),
        Err(error) if error.code() == ErrorCode::ZERO_RETURN => Ok(0),
        Err(error) => Err(error.into_io_error().unwrap_or_else(std::io::Error::other)),
    }
}

fn left(limit: &Limit) -> Result<Duration, Problem> {
    limit.left().map(|left| left.max(LEAST))
}

fn is_for_later(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn lost(error: &std::io::Error) -> Problem {
    Problem::Lost(error.to_string())
}

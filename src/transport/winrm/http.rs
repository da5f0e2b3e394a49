//! HTTP/1.1 over one connection that stays: WinRM authenticates connections, not requests, so that a
//! client with a pool or with retries of its own can't be used.

use std::io::Read;

use crate::transport::failure::Problem;
use crate::transport::limit::Limit;

use super::link::Link;

/// The longest head of an answer.
const HEAD: usize = 64 * 1024;
/// The longest body. Hosts keep answers below the envelope's size that they are asked for.
const BODY: usize = 16 * 1024 * 1024;
/// How much is read at once.
const READ: usize = 64 * 1024;

/// What is asked.
pub(super) struct Question<'a> {
    /// The path, such as `/wsman`.
    pub(super) path: &'a str,
    /// `Host`.
    pub(super) host: &'a str,
    /// The value of `Authorization`.
    pub(super) authorization: Option<&'a str>,
    /// The value of `Content-Type`.
    pub(super) content_type: &'a str,
    /// The body.
    pub(super) body: &'a [u8],
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status, such as 200.
    pub(super) status: u16,
    head: Head,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The values of the header `name`.
    pub(super) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.named(name)
    }

    /// Whether the host closes the connection after this.
    pub(super) fn is_last(&self) -> bool {
        self.head.named("connection").any(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Sends `question` and reads the answer.
pub(super) fn ask(
    link: &mut Link,
    question: &Question<'_>,
    limit: &Limit,
) -> Result<Answer, Problem> {
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nConnection: Keep-Alive\r\nUser-Agent: mdc/{}\r\n\
         Content-Type: {}\r\nContent-Length: {}\r\n",
        question.path,
        question.host,
        env!("CARGO_PKG_VERSION"),
        question.content_type,
        question.body.len(),
    );
    if let Some(authorization) = question.authorization {
        head.push_str("Authorization: ");
        head.push_str(authorization);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    link.write(head.as_bytes(), limit)?;
    link.write(question.body, limit)?;
    Reader::new(|room| link.read(room, limit)).answer()
}

/// The status and the body of an answer whose bytes come in two pieces, the first of `first` bytes; why it is none.
pub(super) fn read(bytes: &[u8], first: usize) -> Result<(u16, Vec<u8>), String> {
    let (one, other) = bytes.split_at(first.min(bytes.len()));
    let mut pieces = [one, other].into_iter().filter(|piece| !piece.is_empty());
    let mut piece = pieces.next().unwrap_or_default();
    let more = |room: &mut [u8]| {
        if piece.is_empty() {
            piece = pieces.next().unwrap_or_default();
        }
        piece.read(room).map_err(|error| Problem::Lost(error.to_string()))
    };
    let answer = Reader::new(more).answer().map_err(|problem| problem.to_string())?;
    Ok((answer.status, answer.body))
}

/// Reads one answer by `read`; what is behind it is not wanted, since nothing else was asked.
struct Reader<F> {
    read: F,
    bytes: Vec<u8>,
}

impl<F: FnMut(&mut [u8]) -> Result<usize, Problem>> Reader<F> {
    const fn new(read: F) -> Self {
        Self { read, bytes: Vec::new() }
    }

    fn answer(mut self) -> Result<Answer, Problem> {
        loop {
            let end = self.await_end_of(b"\r\n\r\n", HEAD)?;
            let head: Vec<u8> = self.bytes.drain(..end).collect();
            let head = Head::read(&head).map_err(unusable)?;
            // 100 and its like only announce the answer (RFC 9110, section 15.2).
            if head.status >= 200 {
                let body = self.body(&head)?;
                return Ok(Answer { status: head.status, head, body });
            }
        }
    }

    fn body(&mut self, head: &Head) -> Result<Vec<u8>, Problem> {
        match head.length().map_err(unusable)? {
            Length::Bytes(count) => self.take(count),
            Length::Chunks => self.chunks(),
        }
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Problem> {
        let mut body = Vec::new();
        loop {
            let end = self.await_end_of(b"\r\n", 1024)?;
            let line: Vec<u8> = self.bytes.drain(..end).collect();
            let count = chunk_size(&line).map_err(unusable)?;
            let chunk = self.take(count)?;
            if body.len() + chunk.len() > BODY {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
            if count == 0 {
                // The trailer's lines, up to an empty one.
                while self.await_end_of(b"\r\n", HEAD).is_ok_and(|end| {
                    self.bytes.drain(..end);
                    end > 2
                }) {}
                return Ok(body);
            }
            self.take(2)?;
        }
    }

    fn take(&mut self, count: usize) -> Result<Vec<u8>, Problem> {
        if count > BODY {
            return Err(too_long());
        }
        while self.bytes.len() < count {
            self.more()?;
        }
        let rest = self.bytes.split_off(count);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    /// Where the first `mark` ends, after so many bytes at `most`, in whatever pieces they come.
    fn await_end_of(&mut self, mark: &[u8], most: usize) -> Result<usize, Problem> {
        loop {
            let head = self.bytes.get(..most).unwrap_or(&self.bytes);
            if let Some(at) = head.windows(mark.len()).position(|window| window == mark) {
                return Ok(at + mark.len());
            }
            if self.bytes.len() >= most {
                return Err(unusable("its head has no end".to_owned()));
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> Result<(), Problem> {
        let old = self.bytes.len();
        self.bytes.resize(old + READ, 0);
        let room = self.bytes.get_mut(old..).unwrap_or_default();
        let count = (self.read)(room);
        self.bytes.truncate(old + count.as_ref().copied().unwrap_or(0));
        match count {
            Ok(0) => Err(Problem::Lost("the host closed the connection".to_owned())),
            Ok(_) => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}

/// Status and headers.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

/// How long a body is.
#[derive(Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunks,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1)?.parse().ok())
            .ok_or("it is not HTTP/1.1: does another service listen on this port?")?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Self { status, headers })
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    fn length(&self) -> Result<Length, String> {
        if self.named("transfer-encoding").any(|value| value.eq_ignore_ascii_case("chunked")) {
            return Ok(Length::Chunks);
        }
        match self.named("content-length").next() {
            None if self.status == 204 => Ok(Length::Bytes(0)),
            None => Err("it does not say how long it is".to_owned()),
            Some(text) => {
                let length = text.parse().map_err(|_| "its length is no number".to_owned());
                length.map(Length::Bytes)
            }
        }
    }
}

/// The number on a line before a chunk; what stands behind a `;` is of no use (RFC 9112, 7.1.1).
fn chunk_size(line: &[u8]) -> Result<usize, String> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    usize::from_str_radix(digits, 16).map_err(|_| "the size of a chunk is no number".to_owned())
}

fn unusable(why: impl Into<String>) -> Problem {
    Problem::Lost(format!("the host's answer can't be read: {}", why.into()))
}

fn too_long() -> Problem {
    unusable(format!("it is longer than {BODY} bytes"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    fn answer(bytes: &'static [u8]) -> Result<Answer, Problem> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        let host = std::thread::spawn(move || theirs.write_all(bytes).map(|()| theirs));
        let limit = Limit::start("the test", Duration::from_secs(5));
        let mut link = Link::Plain(ours);
        drop(host.join());
        Reader::new(|room| link.read(room, &limit)).answer()
    }

    #[test]
    fn bodies_by_length_and_in_chunks() {
        let golden: [&[u8]; 3] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nCONTENT-length:5\r\n\r\nhello",
        ];
        for bytes in golden {
            assert_eq!(answer(bytes).unwrap().body, b"hello");
        }
    }

    /// However it comes, the same comes of it.
    #[test]
    fn a_head_that_is_too_long_is_refused_in_any_pieces() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (length, is_taken) in [(1000, true), (2000, false)] {
            let answer = format!("{chunked}1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(length));
            for first in [answer.len(), chunked.len() + 1500] {
                assert_eq!(read(answer.as_bytes(), first).is_ok(), is_taken, "{length} {first}");
            }
        }
        let none = read(b"HTTP/1.1 204 X\r\n\r\n", 1);
        assert_eq!(none, Ok((204, Vec::new())));
    }

    #[test]
    fn what_is_no_whole_answer_is_lost() {
        let golden: [(&[u8], &str); 5] = [
            (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1"),
            (b"HTTP/1.1 200 OK\r\n\r\n", "does not say how long"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "closed the connection"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "longer than"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "no number"),
        ];
        for (bytes, expected) in golden {
            let problem = answer(bytes).unwrap_err();
            assert!(matches!(problem, Problem::Lost(_)), "{problem:?}");
            assert!(problem.to_string().contains(expected), "{problem}");
        }
    }
}

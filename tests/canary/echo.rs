//! Servers that refuse every login and repeat all that they were told with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// One that listens as long as the tests run.
pub(crate) struct Echo {
    pub(crate) port: u16,
    heard: Arc<(Mutex<String>, Condvar)>,
}

impl Echo {
    /// A web server.
    pub(crate) fn web() -> Self {
        Self::new(web)
    }

    /// A mail server.
    pub(crate) fn mail() -> Self {
        Self::new(mail)
    }

    /// A database of PostgreSQL's.
    pub(crate) fn database() -> Self {
        Self::new(database)
    }

    fn new(serve: fn(TcpStream) -> Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<(Mutex<String>, Condvar)>::default();
        let all = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let told = serve(stream.unwrap()).unwrap_or_default();
                all.0.lock().unwrap().push_str(&told);
                all.1.notify_all();
            }
        });
        Self { port, heard }
    }

    /// Whether a login got as far as to be told this.
    #[track_caller]
    pub(crate) fn was_told(&self, what: &str) {
        let (heard, word) = &*self.heard;
        let lacks = |heard: &mut String| !heard.contains(what);
        let within = Duration::from_secs(20);
        let (heard, late) = word.wait_timeout_while(heard.lock().unwrap(), within, lacks).unwrap();
        assert!(!late.timed_out(), "{what} was not told: {heard}");
    }
}

fn web(mut stream: TcpStream) -> Option<String> {
    let asked = request(&mut BufReader::new(&stream))?;
    let length = asked.len();
    let head = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-type: text/plain";
    let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{asked}");
    Some(asked)
}

/// A whole request, as text.
pub(crate) fn request(stream: &mut impl BufRead) -> Option<String> {
    let (mut asked, mut length) = (String::new(), 0);
    while !asked.ends_with("\r\n\r\n") {
        let start = asked.len();
        if stream.read_line(&mut asked).ok()? == 0 {
            return None;
        }
        let line = asked[start..].to_ascii_lowercase();
        length =
            line.strip_prefix("content-length:").map_or(length, |it| it.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(asked + &String::from_utf8_lossy(&body))
}

fn mail(mut stream: TcpStream) -> Option<String> {
    let mut all = String::new();
    stream.write_all(b"220 here\r\n").ok()?;
    for line in BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok) {
        let login = line.strip_prefix("AUTH PLAIN ");
        let answer = if let Some(login) = login {
            let bytes = openssl::base64::decode_block(login).ok()?;
            let plain = String::from_utf8(bytes).ok()?.replace('\0', " ");
            all.push_str(&plain);
            format!("535 no login: {login}: {plain}")
        } else if line.starts_with("EHLO ") {
            "250-here\r\n250 AUTH PLAIN".to_owned()
        } else {
            "221 ended".to_owned()
        };
        if write!(stream, "{answer}\r\n").is_err() || answer.starts_with("221") {
            break;
        }
    }
    Some(all)
}

/// Asks for the password as it is (the protocol's messages: PostgreSQL's manual, 53.7).
fn database(mut stream: TcpStream) -> Option<String> {
    let mut length = [0; 4];
    let mut message = |stream: &mut TcpStream| {
        stream.read_exact(&mut length).ok()?;
        let rest = usize::try_from(u32::from_be_bytes(length)).unwrap() - length.len();
        let mut bytes = vec![0; rest];
        stream.read_exact(&mut bytes).ok()?;
        Some(bytes)
    };
    message(&mut stream)?;
    stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).ok()?;
    stream.read_exact(&mut [0]).ok()?;
    let password = String::from_utf8(message(&mut stream)?).ok()?;
    let password = password.trim_end_matches('\0');
    let fields = format!(
        "SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed with {password}\0\
         Dit was {password}\0\0"
    );
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    stream.write_all(&[b"E", &length[..], fields.as_bytes()].concat()).ok()?;
    Some(password.to_owned())
}

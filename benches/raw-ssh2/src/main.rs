//! `raw-ssh2 FLEET HOSTS SCRIPT AT-ONCE`: on each of the first HOSTS hosts of a fleet that
//! `benches/fleet` started, one connection and one exec of the text of SCRIPT, by AT-ONCE threads.
//! Every host's key is compared with the one in the fleet's `known_hosts`; every answer has to end
//! with a line `end`.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;

use ssh2::{HashType, Session};

type Outcome = Result<(), Box<dyn Error>>;

/// What all threads share.
struct Shared {
    /// SHA-256 fingerprints in base64, by `[address]:port`.
    fingerprints: HashMap<String, String>,
    user: String,
    public: String,
    private: String,
    script: String,
}

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [fleet, hosts, script, at_once] = words.as_slice() else {
        return Err("call: raw-ssh2 FLEET HOSTS SCRIPT AT-ONCE".into());
    };
    let file = |name: &str| fs::read_to_string(format!("{fleet}/{name}"));
    let shared = Shared {
        fingerprints: file("fingerprints")?
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(host, print)| (host.to_owned(), print.to_owned()))
            .collect(),
        user: file("user")?,
        public: file("id.pub")?,
        private: file("id")?,
        script: fs::read_to_string(script)?,
    };
    let list = file("hosts")?;
    let waiting = Mutex::new(list.lines().take(hosts.parse()?));
    let threads: usize = at_once.parse()?;
    let failed = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| work(&shared, &waiting)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(1)).sum::<usize>()
    });
    if failed == 0 { Ok(()) } else { Err(format!("{failed} hosts failed").into()) }
}

/// Asks host after host; the number of those that failed.
fn work<'a>(shared: &Shared, waiting: &Mutex<impl Iterator<Item = &'a str>>) -> usize {
    let mut failed = 0;
    loop {
        let host = waiting.lock().expect("no thread panics").next();
        let Some(host) = host else { return failed };
        if let Err(error) = ask(shared, host) {
            eprintln!("{host}: {error}");
            failed += 1;
        }
    }
}

fn ask(shared: &Shared, host: &str) -> Outcome {
    let stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut session = Session::new()?;
    session.set_timeout(60_000);
    session.set_tcp_stream(stream);
    session.handshake()?;
    let shown = session.host_key_hash(HashType::Sha256).map(base64).ok_or("no host key")?;
    if shared.fingerprints.get(host) != Some(&shown) {
        return Err("the host's key is not the known one".into());
    }
    session.userauth_pubkey_memory(shared.user.trim(), Some(&shared.public), &shared.private, None)?;
    let mut channel = session.channel_session()?;
    channel.exec(&shared.script)?;
    let mut answer = String::new();
    channel.read_to_string(&mut answer)?;
    channel.send_eof()?;
    channel.wait_close()?;
    if channel.exit_status()? != 0 || !answer.ends_with("end\n") {
        return Err(format!("a bad answer: {answer}").into());
    }
    session.disconnect(None, "", None)?;
    Ok(())
}

/// As `ssh-keygen -l` writes fingerprints: without padding (RFC 4648, section 3.2).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

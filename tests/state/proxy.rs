//! A way to a server that can lose an answer, and lead to another server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What answer is to be lost, if any, and how many were.
#[derive(Default)]
struct Loss {
    answer: Option<String>,
    lost: usize,
}

pub(crate) struct Proxy {
    port: u16,
    server: Arc<AtomicU16>,
    loss: Arc<Mutex<Loss>>,
}

impl Proxy {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let loss = Arc::new(Mutex::new(Loss::default()));
        let server = Arc::new(AtomicU16::new(server));
        let shared = (Arc::clone(&loss), Arc::clone(&server));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, loss) = (client.unwrap(), Arc::clone(&shared.0));
                let server = TcpStream::connect(("127.0.0.1", shared.1.load(Ordering::SeqCst)));
                // While no server is there, clients are cut off.
                let Ok(server) = server else { continue };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(from, to, |_| false));
                thread::spawn(move || {
                    pass(server, client, |bytes| loss.lock().unwrap().loses(bytes));
                });
            }
        });
        Self { port, server, loss }
    }

    /// Leads to the server at another port from now on.
    pub(crate) fn move_to(&self, server: u16) {
        self.server.store(server, Ordering::SeqCst);
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connection on which the next answer that holds `answer` comes, in its place.
    pub(crate) fn swallow(&self, answer: &str) {
        self.loss.lock().unwrap().answer = Some(answer.to_owned());
    }

    pub(crate) fn swallowed(&self) -> usize {
        self.loss.lock().unwrap().lost
    }
}

impl Loss {
    fn loses(&mut self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let loses = self.answer.as_ref().is_some_and(|answer| text.contains(answer));
        if loses {
            self.answer = None;
            self.lost += 1;
        }
        loses
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut loses: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if loses(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

//! A Windows host by WinRM: a password as it is, and the key of a certificate. The stand-in takes every
//! login, and repeats what it was told in a fault.

use std::fs;
use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslMethod, SslStream, SslVerifyMode};

use crate::certified::Certified;
use crate::commands::Asked;
use crate::echo::request;
use crate::scene::{Scene, secret, value};

const PASSWORD: &str = "WinrmText.password";
const KEY: &str = "WinrmText.key";
/// What is heard when a client has shown a certificate.
const CERTIFIED: &str = "by a certificate";

type Heard = Arc<(Mutex<Vec<String>>, Condvar)>;

/// Listens over TLS as long as the tests run; where, and what each login was.
fn host() -> (u16, Heard) {
    let Certified { certificate, key } = Certified::new(("windows", false), None);
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    let acceptor = Arc::new(acceptor.build());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let all = Arc::clone(&heard);
    thread::spawn(move || {
        for peer in listener.incoming() {
            let (acceptor, all) = (Arc::clone(&acceptor), Arc::clone(&all));
            thread::spawn(move || {
                let Ok(stream) = acceptor.accept(peer.unwrap()) else { return };
                answer(stream, &all);
            });
        }
    });
    (port, heard)
}

/// Answers whoever has not logged in by 401, and everybody else by what they have said.
fn answer(stream: SslStream<std::net::TcpStream>, all: &Heard) {
    let is_certified = stream.ssl().peer_certificate().is_some();
    let mut stream = BufReader::new(stream);
    while let Some(asked) = request(&mut stream) {
        let basic = asked.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .starts_with("authorization: basic ")
                .then(|| line[21..].trim())
        });
        let login = match basic {
            Some(code) => {
                let plain = openssl::base64::decode_block(code).unwrap();
                Some(format!("{code} {}", String::from_utf8(plain).unwrap()))
            }
            None => is_certified.then(|| CERTIFIED.to_owned()),
        };
        let (head, body) = match &login {
            Some(login) => {
                all.0.lock().unwrap().push(login.clone());
                all.1.notify_all();
                ("500 X\r\nContent-Type: application/soap+xml;charset=UTF-8", fault(login))
            }
            None => ("401 X\r\nWWW-Authenticate: Basic realm=\"WSMAN\"", String::new()),
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// A refusal as Windows words it (MS-WSMV, 2.2.4.43), which repeats what it should not.
fn fault(login: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><s:Fault><s:Code>\
         <s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang=\"en-US\">no: {login}</s:Text>\
         </s:Reason><s:Detail><f:WSManFault xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" \
         Code=\"5\" Machine=\"{login}\"><f:Message>no: {login}</f:Message></f:WSManFault></s:Detail>\
         </s:Fault></s:Body></s:Envelope>"
    )
}

fn scene(port: u16, connection: &str) -> Scene {
    Scene::of("production", |text| {
        let (head, _) = text.split_once("[connections.sim.simulated]").unwrap();
        format!(
            "{head}[connections.windows.winrm]\nport = {port}\nunverified = true\n{connection}\n\
             [hosts.web-1]\naddress = \"127.0.0.1\"\nos = \"windows-2022\"\nconnection = \"windows\"\n\
             components = [\"worker\"]\n\n[components.control-center]\noptional = true\n"
        )
    })
}

fn with_password(port: u16) -> Scene {
    let login = format!("auth = \"basic\"\nuser = \"ops\"\npassword = {}", secret(PASSWORD));
    let form = openssl::base64::encode_block(format!("ops:{}", value(PASSWORD)).as_bytes());
    scene(port, &login).with(PASSWORD).with_form(form)
}

fn with_certificate(port: u16) -> Scene {
    let Certified { certificate, key } = Certified::new(("client", false), None);
    let login =
        format!("auth = \"certificate\"\ncertificate = \"client.pem\"\nkey = {}", secret(KEY));
    let key = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    // Behind the modulus, which the certificate has, too.
    let line = key.lines().nth(12).unwrap().to_owned();
    let scene = scene(port, &login).with_value(KEY, &key).with_form(line);
    fs::write(scene.folder.join("client.pem"), certificate.to_pem().unwrap()).unwrap();
    scene
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn by_password() -> Option<Scene> {
    Some(with_password(host().0))
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn by_certificate() -> Option<Scene> {
    Some(with_certificate(host().0))
}

const ASKED: [Asked; 7] = [
    (&["validate", "--format", "json"], 0),
    (&["doctor", "web-1"], 1),
    (&["doctor", "web-1", "--record", "record.json"], 1),
    (&["observe", "-o", "snapshot.json"], 1),
    (&["observe", "--json"], 1),
    (&["status", "--format", "json"], 1),
    (&["plan", "--format", "json"], 0),
];

#[track_caller]
fn was_told((words, word): &(Mutex<Vec<String>>, Condvar), what: &str) {
    let lacks = |heard: &mut Vec<String>| !heard.iter().any(|it| it.contains(what));
    let within = Duration::from_secs(20);
    let (heard, late) = word.wait_timeout_while(words.lock().unwrap(), within, lacks).unwrap();
    assert!(!late.timed_out(), "{what} was not told: {heard:?}");
}

#[test]
fn what_opens_a_host_by_winrm_is_seen_nowhere() {
    let (port, heard) = host();
    with_password(port).leaks_nothing(&ASKED);
    was_told(&heard, &value(PASSWORD));
    with_certificate(port).leaks_nothing(&ASKED);
    was_told(&heard, CERTIFIED);
}

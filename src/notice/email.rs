//! A notice as an e-mail (RFC 5321, RFC 5322).

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use openssl::base64::encode_block;

use super::{Letter, Trouble};
use crate::manifest::notice::{Email, MailTls};
use crate::transport::{certificates, resolve_secret};
use crate::value::{Secret, harmless};

/// Sends `letter`; what the server answers.
pub(super) fn send(
    email: &Email,
    letter: &Letter,
    (folder, within): (&Utf8Path, Duration),
) -> Result<String, Trouble> {
    let hello = hello();
    let message = message(email, letter, &hello).map_err(Trouble::lasting)?;
    let password = email.password.as_ref().map(|password| resolve_secret(password, folder));
    let password = password.transpose().map_err(|error| Trouble::lasting(error.to_string()))?;
    let tls = match email.tls {
        MailTls::None => None,
        MailTls::Starttls | MailTls::Tls => {
            Some(trusting(email, folder).map_err(Trouble::lasting)?)
        }
    };
    let dialogue =
        Dialogue { email: email.clone(), hello, password, tls, until: Instant::now() + within };
    let (envelope, bytes) = (message.envelope().clone(), message.formatted());
    let (tell, told) = sync_channel(1);
    let begun = Arc::new(OnceLock::new());
    let own = Arc::clone(&begun);
    // Resolving names has no time limit of its own, and a server may answer a byte a second.
    std::thread::spawn(move || tell.send(dialogue.hold(&own, (&envelope, &bytes))));
    told.recv_timeout(within).unwrap_or_else(|_| {
        // From here on the thread, which may still wait for a name, sends nothing any more.
        let is_sent = *begun.get_or_init(|| false);
        Err(too_late(within, is_sent))
    })
}

fn too_late(within: Duration, is_sent: bool) -> Trouble {
    let rest = if is_sent { "it may have been taken all the same" } else { "nothing was sent" };
    Trouble::lasting(format!("no answer within {}; {rest}", super::shown(within)))
}

/// One dialogue with a mail server.
struct Dialogue {
    email: Email,
    hello: ClientId,
    password: Option<Secret>,
    tls: Option<TlsParameters>,
    until: Instant,
}

impl Dialogue {
    /// Says in `begun` that the letter is sent now, unless it says already that it must not be.
    fn hold(
        self,
        begun: &OnceLock<bool>,
        (envelope, bytes): (&Envelope, &[u8]),
    ) -> Result<String, Trouble> {
        let mut server = self.greeted().map_err(|error| before(&error, &self.said_of_login()))?;
        if !*begun.get_or_init(|| true) {
            return Err(Trouble::lasting("its time was up"));
        }
        let _ = server.set_timeout(Some(self.left()));
        let answer = server.send(envelope, bytes).map_err(|error| {
            // A refusal is certain; nothing at all may mean anything.
            let said = shown(&error, &self.said_of_login());
            let sure = error.is_permanent() || error.is_transient() || error.is_client();
            let rest = if sure { "" } else { "; it may have been taken all the same" };
            Trouble::lasting(format!("the mail server did not take it: {said}{rest}"))
        })?;
        let _ = server.quit();
        let said: Vec<&str> = answer.message().collect();
        Ok(format!("{} {}", answer.code(), said.join(" ")))
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
    }

    /// What the server is told of the password, which it may repeat: as it is, and as PLAIN and LOGIN send it
    /// (RFC 4616, section 2).
    fn said_of_login(&self) -> Vec<Secret> {
        let Some(password) = &self.password else { return Vec::new() };
        let user = self.email.user.as_deref().unwrap_or_default();
        let plain = format!("\0{user}\0{}", password.expose());
        let sent = [plain.as_str(), password.expose()].map(|it| encode_block(it.as_bytes()));
        let own = Secret::new(password.expose().to_owned());
        sent.into_iter().map(Secret::new).chain([own]).collect()
    }

    /// A connection on which nothing of the letter was said yet.
    fn greeted(&self) -> Result<SmtpConnection, Error> {
        let Email { host, port, tls, user, .. } = &self.email;
        let at_once = self.tls.as_ref().filter(|_| *tls == MailTls::Tls);
        let server = (host.as_str(), *port);
        let mut connection =
            SmtpConnection::connect(server, Some(self.left()), &self.hello, at_once, None)?;
        if let (MailTls::Starttls, Some(parameters)) = (tls, &self.tls) {
            connection.starttls(parameters, &self.hello)?;
        }
        if let (Some(user), Some(password)) = (user, &self.password) {
            let login = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &login)?;
        }
        Ok(connection)
    }
}

/// Nothing was sent. What the server says for good, and a certificate, would be the same again.
fn before(error: &Error, secrets: &[Secret]) -> Trouble {
    let said = shown(error, secrets);
    // What OpenSSL says of it (ssl/statem/statem_clnt.c); lettre calls that a broken connection.
    if error.is_tls() || said.contains("certificate verify failed") {
        return Trouble::lasting(format!("the mail server's certificate is not trusted: {said}"));
    }
    let why = format!("the mail server can't be spoken with: {said}");
    if error.is_permanent() || error.is_client() {
        Trouble::lasting(why)
    } else {
        Trouble::passing(why)
    }
}

/// An error with those that it comes from, of which the last is the telling one.
fn shown(error: &Error, secrets: &[Secret]) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            said = format!("{said}: {cause_said}");
        }
        source = cause.source();
    }
    let secrets: Vec<&str> = secrets.iter().map(Secret::expose).collect();
    harmless(&said, &secrets)
}

fn message(email: &Email, letter: &Letter, hello: &ClientId) -> Result<Message, String> {
    let mailbox =
        |text: &String| text.parse::<Mailbox>().map_err(|error| format!("{text}: {error}"));
    let ClientId::Domain(domain) = hello else { return Err("this machine has no name".to_owned()) };
    let mut builder = Message::builder()
        .from(mailbox(&email.from)?)
        .subject(&letter.subject)
        // The same one when it is sent again after a crash: mail systems know it as one.
        .message_id(Some(format!("<{}.mdc@{domain}>", letter.id)))
        .header(ContentType::TEXT_PLAIN)
        .header(AutoSubmitted);
    for to in &email.to {
        builder = builder.to(mailbox(to)?);
    }
    builder.body(letter.text.clone()).map_err(|error| error.to_string())
}

/// Keeps programs that answer mail from answering (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// By which name this machine greets.
fn hello() -> ClientId {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_name = !name.is_empty() && name.chars().all(plain);
    ClientId::Domain(if is_name { name } else { "localhost".to_owned() })
}

/// TLS that checks certificate and name against the authorities that are named, or the system's.
fn trusting(email: &Email, folder: &Utf8Path) -> Result<TlsParameters, String> {
    let ca = email.ca.as_ref().map(|path| folder.join(path));
    let (path, certificates) = certificates(ca.as_deref())?;
    let wrong = |error| format!("{path}: {error}");
    let mut builder =
        TlsParameters::builder(email.host.clone()).certificate_store(CertificateStore::None);
    for certificate in certificates {
        let certificate = Certificate::from_der(certificate.der().to_vec()).map_err(wrong)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(wrong)
}

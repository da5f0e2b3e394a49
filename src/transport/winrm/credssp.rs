//! CredSSP (MS-CSSP): tokens inside a second TLS, whose bytes travel in headers. It ends with the
//! password in the host's hands, so that it is only done over HTTPS with a host that is trusted.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use openssl::ssl::{HandshakeError, SslConnector, SslMethod, SslStream, SslVerifyMode, SslVersion};
use sspi::credssp::{ClientMode, ClientState, CredSspClient, CredSspMode, TsRequest};
use sspi::generator::GeneratorState;

use crate::transport::failure::{Problem, Trouble};

use super::kdc;
use super::login::{Desk, challenge, failed, refused};
use super::tokens::{self, Account, Mechanism};

const SCHEME: &str = "CredSSP";
/// No login takes more steps.
const STEPS: usize = 16;

/// Logs in at `desk`.
pub(super) fn log_in(
    desk: &mut Desk<'_>,
    account: &Account<'_>,
    mechanism: Mechanism,
) -> Result<(), Trouble> {
    let mut inner = shake_hands(desk)?;
    desk.begin()?;
    let mut client = client(&inner, account, mechanism, desk)
        .map_err(|problem| failed(desk.place(), problem))?;
    let mut request = TsRequest::default();
    let mut heard = kdc::Heard::default();
    for _ in 0..STEPS {
        let state = process(&mut client, request, (desk, &mut heard));
        if heard.has_ticket() {
            desk.proven();
        }
        let (request_out, is_last) = match state? {
            ClientState::ReplyNeeded(request) => (request, false),
            ClientState::FinalMessage(request) => (request, true),
        };
        let mut bytes = Vec::new();
        let written =
            request_out.encode_ts_request(&mut bytes).and_then(|()| inner.write_all(&bytes));
        written.map_err(|error| unusable(desk, &error))?;
        let answer = desk.show(SCHEME, &inner.get_mut().take_out())?;
        if is_last {
            return desk.accepted(&answer);
        }
        let said = challenge(&answer, SCHEME).filter(|it| !it.is_empty());
        let Some(said) = said.filter(|_| answer.status == 401) else {
            return Err(refused(desk.place(), &answer, false));
        };
        inner.get_mut().put_in(&said);
        request = read(&mut inner).map_err(|error| unusable(desk, &error))?;
    }
    Err(failed(desk.place(), Problem::Login("the login comes to no end".to_owned())))
}

/// Begins the inner TLS. Whose certificate it is proves nothing yet: the tokens are bound to its key.
fn shake_hands(desk: &mut Desk<'_>) -> Result<SslStream<Headers>, Trouble> {
    let connector = || {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_verify(SslVerifyMode::NONE);
        builder.build().configure()
    };
    let connector = connector().map_err(|error| unusable(desk, &error))?;
    let mut state = connector
        .verify_hostname(false)
        .use_server_name_indication(false)
        .connect("", Headers::default());
    for number in 0..STEPS {
        match state {
            Ok(stream) => return settle(desk, stream),
            Err(HandshakeError::WouldBlock(mut going)) => {
                let answer = desk.show(SCHEME, &going.get_mut().take_out())?;
                let said = challenge(&answer, SCHEME).filter(|it| !it.is_empty());
                let Some(said) = said else {
                    return Err(refused(desk.place(), &answer, number == 0));
                };
                going.get_mut().put_in(&said);
                state = going.handshake();
            }
            Err(HandshakeError::Failure(broken)) => return Err(unusable(desk, broken.error())),
            Err(HandshakeError::SetupFailure(error)) => return Err(unusable(desk, &error)),
        }
    }
    Err(failed(desk.place(), Problem::Login("the inner TLS comes to no end".to_owned())))
}

/// In TLS 1.3 the last word of the handshake is ours; the host answers it with nothing, or with tickets.
fn settle(
    desk: &mut Desk<'_>,
    mut stream: SslStream<Headers>,
) -> Result<SslStream<Headers>, Trouble> {
    let last = stream.get_mut().take_out();
    if !last.is_empty() {
        let answer = desk.show(SCHEME, &last)?;
        let said = challenge(&answer, SCHEME).filter(|_| answer.status == 401);
        let Some(said) = said else { return Err(refused(desk.place(), &answer, false)) };
        stream.get_mut().put_in(&said);
    }
    Ok(stream)
}

fn client(
    inner: &SslStream<Headers>,
    account: &Account<'_>,
    mechanism: Mechanism,
    desk: &Desk<'_>,
) -> Result<CredSspClient, Problem> {
    let key = inner.ssl().peer_certificate().as_ref().and_then(public_key);
    let key = key.ok_or_else(|| Problem::Login("the inner TLS has no certificate".to_owned()))?;
    let mode = ClientMode::Negotiate(tokens::offer(mechanism, account, "mdc".to_owned()));
    let service = format!("HTTP/{}", desk.place().address);
    let credentials = tokens::credentials(account)?;
    CredSspClient::new(key, credentials, CredSspMode::WithCredentials, mode, service)
        .map_err(|error| tokens::refused(&error))
}

fn process(
    client: &mut CredSspClient,
    request: TsRequest,
    (desk, heard): (&Desk<'_>, &mut kdc::Heard),
) -> Result<ClientState, Trouble> {
    let broken = |problem| failed(desk.place(), problem);
    let mut generator = client.process(request);
    let mut state = generator.start();
    loop {
        match state {
            GeneratorState::Completed(result) => {
                return result.map_err(|error| broken(tokens::judged(&error, heard)));
            }
            GeneratorState::Suspended(request) => {
                let answer = kdc::ask(&request, desk.limit(), heard).map_err(broken)?;
                state = generator.resume(Ok(answer));
            }
        }
    }
}

/// The bits of the certificate's public key (`SubjectPublicKeyInfo`'s last field).
fn public_key(certificate: &openssl::x509::X509) -> Option<Vec<u8>> {
    let whole = certificate.public_key().ok()?.public_key_to_der().ok()?;
    let (info, _) = value(&whole, 0x30)?;
    let (_algorithm, bits) = value(info, 0x30)?;
    // A bit string begins with the number of unused bits.
    let (bits, _) = value(bits, 0x03)?;
    bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

/// The content of the DER value of kind `tag` at the beginning of `bytes`, and what is behind it.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.strip_prefix(&[tag])?.split_first()?;
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let length = length
        .iter()
        .try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(usize::from(byte)))?;
    rest.split_at_checked(length)
}

/// Reads one request of the host.
fn read(inner: &mut SslStream<Headers>) -> io::Result<TsRequest> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match inner.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    TsRequest::from_buffer(&bytes)
}

fn unusable(desk: &Desk<'_>, error: &dyn std::fmt::Display) -> Trouble {
    failed(desk.place(), Problem::Login(format!("CredSSP's inner TLS broke: {error}")))
}

/// What goes in and out in headers.
#[derive(Debug, Default)]
struct Headers {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Headers {
    fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn put_in(&mut self, bytes: &[u8]) {
        self.incoming.extend(bytes);
    }
}

impl Read for Headers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.incoming.read(buffer)
    }
}

impl Write for Headers {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

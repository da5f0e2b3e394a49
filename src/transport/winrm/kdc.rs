//! Asking a realm's KDC, over TCP (RFC 4120, 7.2.2): the same host is asked whatever it answers.

use sspi::generator::NetworkRequest;
use sspi::network_client::NetworkProtocol;

use crate::transport::failure::Problem;
use crate::transport::limit::Limit;
use crate::transport::tcp;

use super::link::Link;

/// The port that KDCs listen on.
const PORT: u16 = 88;
/// The longest answer; tickets of users in many groups have some ten thousand bytes.
const LONGEST: u32 = 1024 * 1024;

/// What a realm's KDC has answered during one login.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// It has let the user in: whatever fails later isn't for the password.
    has_ticket: bool,
    is_error: bool,
}

impl Heard {
    /// By the first byte behind the length (RFC 4120, section 5.10).
    fn hear(&mut self, answer: &[u8]) {
        let kind = answer.get(4);
        self.has_ticket |= kind == Some(&0x6b);
        self.is_error = kind == Some(&0x7e);
    }

    /// Whether it has let the user in.
    pub(super) const fn has_ticket(&self) -> bool {
        self.has_ticket
    }

    /// Whether the last word was that the user isn't let in.
    pub(super) const fn is_refusal(&self) -> bool {
        self.is_error && !self.has_ticket
    }
}

/// A KDC's address as the crate takes it.
pub(super) fn url(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("tcp://{address}") }
}

/// Sends what the crate wants to be sent, and gives back the answer with its length before it.
pub(super) fn ask(
    request: &NetworkRequest,
    limit: &Limit,
    heard: &mut Heard,
) -> Result<Vec<u8>, Problem> {
    let host = request.url.host_str().unwrap_or_default();
    let port = request.url.port().unwrap_or(PORT);
    let named = |why: &dyn std::fmt::Display| {
        Problem::Unreachable(format!("the realm's KDC {host}:{port} could not be asked: {why}"))
    };
    if request.protocol != NetworkProtocol::Tcp {
        return Err(named(&"only TCP is spoken with it"));
    }
    let socket = tcp::connect(host.trim_matches(['[', ']']), port, limit)
        .map_err(|problem| named(&problem))?;
    let answer = exchange(&mut Link::Plain(socket), &request.data, limit)
        .map_err(|problem| named(&problem.before_any_command()))?;
    heard.hear(&answer);
    Ok(answer)
}

/// However little the KDC says at a time, it is waited for until the limit only.
fn exchange(link: &mut Link, question: &[u8], limit: &Limit) -> Result<Vec<u8>, Problem> {
    link.write(question, limit)?;
    let mut length = [0; 4];
    link.fill(&mut length, limit)?;
    let count = u32::from_be_bytes(length);
    if count > LONGEST {
        return Err(Problem::Answer("its answer is too long".to_owned()));
    }
    let mut answer = length.to_vec();
    answer.resize(length.len() + count as usize, 0);
    link.fill(answer.get_mut(length.len()..).unwrap_or_default(), limit)?;
    Ok(answer)
}

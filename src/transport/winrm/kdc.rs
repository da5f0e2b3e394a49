//! Asking a realm's KDC, over TCP (RFC 4120, 7.2.2): the same host is asked whatever it answers.

use std::io::{Read, Write};

use sspi::generator::NetworkRequest;
use sspi::network_client::NetworkProtocol;

use crate::transport::failure::Problem;
use crate::transport::limit::Limit;
use crate::transport::tcp;

/// The port that KDCs listen on.
const PORT: u16 = 88;
/// The longest answer; tickets of users in many groups have some ten thousand bytes.
const LONGEST: u32 = 1024 * 1024;

/// A KDC's address as the crate takes it.
pub(super) fn url(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("tcp://{address}") }
}

/// Sends what the crate wants to be sent, and gives back the answer with its length before it.
pub(super) fn ask(request: &NetworkRequest, limit: &Limit) -> Result<Vec<u8>, Problem> {
    let host = request.url.host_str().unwrap_or_default();
    let port = request.url.port().unwrap_or(PORT);
    let named = |why: &dyn std::fmt::Display| {
        Problem::Unreachable(format!("the realm's KDC {host}:{port} could not be asked: {why}"))
    };
    if request.protocol != NetworkProtocol::Tcp {
        return Err(named(&"only TCP is spoken with it"));
    }
    let mut socket = tcp::connect(host.trim_matches(['[', ']']), port, limit)
        .map_err(|problem| named(&problem))?;
    let left = limit.until.saturating_duration_since(std::time::Instant::now());
    let left = left.max(std::time::Duration::from_millis(1));
    let exchange = || {
        socket.set_read_timeout(Some(left))?;
        socket.set_write_timeout(Some(left))?;
        socket.write_all(&request.data)?;
        let mut length = [0; 4];
        socket.read_exact(&mut length)?;
        let count = u32::from_be_bytes(length);
        if count > LONGEST {
            return Err(std::io::Error::other("its answer is too long"));
        }
        let mut answer = length.to_vec();
        (&mut socket).take(count.into()).read_to_end(&mut answer)?;
        if answer.len() as u64 != u64::from(count) + 4 {
            return Err(std::io::Error::other("its answer was cut off"));
        }
        Ok(answer)
    };
    let mut exchange = exchange;
    exchange().map_err(|error| named(&error))
}

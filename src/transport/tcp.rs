//! From a name and a port to a connected socket.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::failure::Problem;
use super::limit::Limit;

/// Connects to `address`; every address that the name resolves to has its share of the limit.
pub(super) fn connect(address: &str, port: u16, limit: &Limit) -> Result<TcpStream, Problem> {
    connect_timed(address, port, limit).map(|(stream, _)| stream)
}

/// The same, with the time that the address which answers took.
pub(super) fn connect_timed(
    address: &str,
    port: u16,
    limit: &Limit,
) -> Result<(TcpStream, Duration), Problem> {
    let addresses = resolve(address, port, limit)?;
    let mut refusals = Vec::new();
    for (index, socket_address) in addresses.iter().enumerate() {
        let left = limit.until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - index).unwrap_or(1);
        let begun = Instant::now();
        match TcpStream::connect_timeout(socket_address, share.max(Duration::from_millis(1))) {
            Ok(stream) => {
                // A packet of ours is always whole: waiting to fill it up only costs time.
                let _ = stream.set_nodelay(true);
                return Ok((stream, begun.elapsed()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                refusals.push(format!("{socket_address} does not answer"));
            }
            Err(error) => refusals.push(format!("{socket_address}: {error}")),
        }
    }
    if Instant::now() >= limit.until {
        return Err(limit.passed());
    }
    Err(Problem::Unreachable(refusals.join("; ")))
}

/// The resolver has no time limit of its own, so that a name is looked up in a thread that may be
/// left behind. An address needs none.
pub(super) fn resolve(address: &str, port: u16, limit: &Limit) -> Result<Vec<SocketAddr>, Problem> {
    if let Ok(ip) = address.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = address.to_owned();
    std::thread::spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        sender.send(found)
    });
    match receiver.recv_timeout(limit.until.saturating_duration_since(Instant::now())) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(Problem::Name(address.to_owned())),
        Ok(Err(error)) => Err(Problem::Name(format!("{address} ({error})"))),
        Err(_) => Err(limit.passed()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn limit() -> Limit {
        Limit::start("connecting", Duration::from_secs(5))
    }

    #[test]
    fn connects_by_address_and_by_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        for name in ["127.0.0.1", "localhost"] {
            assert!(connect(name, port, &limit()).unwrap().nodelay().unwrap());
        }
    }

    #[test]
    fn a_refusal_names_the_address() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let problem = connect("127.0.0.1", port, &limit()).unwrap_err();
        let text = problem.to_string();
        assert!(matches!(problem, Problem::Unreachable(_)));
        assert!(text.contains(&format!("127.0.0.1:{port}: Connection refused")), "{text}");
    }

    #[test]
    fn a_name_that_is_none() {
        // RFC 6761, section 6.4: `invalid` never resolves.
        let problem = connect("host.invalid", 22, &limit()).unwrap_err();
        assert!(problem.to_string().contains("host.invalid"), "{problem}");
    }

    #[test]
    fn the_limit_is_named() {
        // A listener whose queue is full answers no more.
        let limit = Limit::start("connecting", Duration::ZERO);
        let problem = connect("127.0.0.1", 1, &limit).unwrap_err();
        let passed = Problem::TimedOut { limit: "connecting".into(), after: Duration::ZERO };
        assert_eq!(problem, passed);
    }
}

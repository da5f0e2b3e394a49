//! The certificates of the authorities that servers are checked against.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

/// Where systems keep the certificates of the authorities that they trust: Debian, Red Hat, SUSE,
/// others. The OpenSSL that is built into `mdc` knows no system's place.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// No bundle is larger.
const LARGEST: u64 = 16 << 20;

/// The certificates in `ca`, or the system's when none is named, as PEM, and the file that they are
/// from.
///
/// # Errors
/// When the file can't be read, or the system has none; in words.
pub fn authorities(ca: Option<&Utf8Path>) -> Result<(Utf8PathBuf, Vec<u8>), String> {
    let system = || SYSTEM.iter().map(Utf8PathBuf::from).find(|path| path.is_file());
    let path = ca
        .map(Utf8Path::to_owned)
        .or_else(system)
        .ok_or("no certificates of authorities were found on this machine")?;
    let mut text = Vec::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut text))
        .map_err(|error| format!("{path}: {error}"))?;
    Ok((path, text))
}

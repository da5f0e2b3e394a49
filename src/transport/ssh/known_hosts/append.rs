//! Adding one line to a `known_hosts` file.
//!
//! The line is appended in place, as ssh(1) does it: the file keeps its owner, its mode and its
//! links, and what other programs append meanwhile stays. A line that can't be written whole is
//! taken back; one that a power cut tears can't be read as a key, since a key holds its own lengths
//! (RFC 4251, section 5).

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

use camino::Utf8Path;
use hmac::{Hmac, Mac};
use rustix::fs::{FlockOperation, flock};
use sha1::Sha1;
use ssh_key::PublicKey;
use ssh_key::known_hosts::HostPatterns;
use ssh_key::public::KeyData;

use super::{KnownHosts, LARGEST, Role};

/// How a line with a hashed name begins (sshd(8)).
const HASHED: &str = "|1|";
/// The length of a salt, which is that of the hash.
const SALT: usize = 20;

/// Adds `key` as that of the host `name` to `file`, hashed when the file has hashed names; false
/// when it stands there already.
///
/// # Errors
/// In words: when the file says something else of this host, or can't be written.
pub(in crate::transport::ssh) fn append(
    file: &Utf8Path,
    name: &str,
    key: &KeyData,
) -> Result<bool, String> {
    let cant = |error: io::Error| format!("{file} can't be written: {error}");
    let name = name.to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_graphic() && !",*?!|#@".contains(c)) {
        return Err(format!("`{}` can't be a name in {file}", name.escape_debug()));
    }
    let mut open = open(file).map_err(cant)?;
    flock(&open, FlockOperation::LockExclusive).map_err(|error| cant(error.into()))?;
    let mut bytes = Vec::new();
    (&open).take(LARGEST + 1).read_to_end(&mut bytes).map_err(cant)?;
    let text = String::from_utf8_lossy(&bytes);
    if stands_in(file, &text, (&name, key))? {
        return Ok(false);
    }
    let line = line(&name, key, text.lines().any(|line| line.trim_start().starts_with(HASHED)))
        .map_err(cant)?;
    let before = if bytes.is_empty() || bytes.ends_with(b"\n") { "" } else { "\n" };
    let whole = format!("{before}{line}\n");
    if bytes.len() as u64 + whole.len() as u64 > LARGEST {
        return Err(format!("{file} would be larger than 16 MiB, which is the most that is read"));
    }
    let written = open.write_all(whole.as_bytes()).and_then(|()| open.sync_all());
    if let Err(error) = written {
        let _ = open.set_len(bytes.len() as u64);
        return Err(cant(error));
    }
    Ok(true)
}

/// The file, made for its owner alone when there is none.
fn open(file: &Utf8Path) -> io::Result<File> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(0o600);
    match options.clone().create_new(true).open(file) {
        Ok(made) => {
            // Whatever the umask takes away.
            made.set_permissions(Permissions::from_mode(0o600))?;
            Ok(made)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(file),
        Err(error) => Err(error),
    }
}

/// Whether the file knows the key. Others may have written to it since the host was asked.
fn stands_in(file: &Utf8Path, text: &str, (name, key): (&str, &KeyData)) -> Result<bool, String> {
    let mut known = KnownHosts::default();
    known.take(file, text)?;
    let lines = known.lines_for(name);
    let revoked = lines.iter().find(|line| line.role == Role::Revoked && line.key == *key);
    let hosts = || lines.iter().filter(|line| line.role == Role::Host);
    match (revoked, hosts().next()) {
        (Some(line), _) => Err(format!("{} revokes this key", line.place())),
        (None, Some(_)) if hosts().any(|line| line.key == *key) => Ok(true),
        (None, Some(line)) => Err(format!("{} knows another key of {name}", line.place())),
        (None, None) => Ok(false),
    }
}

fn line(name: &str, key: &KeyData, hashed: bool) -> io::Result<String> {
    let key = PublicKey::from(key.clone()).to_openssh().map_err(io::Error::other)?;
    let name = if hashed { hashed_name(name)? } else { name.to_owned() };
    Ok(format!("{name} {}", key.trim_end()))
}

fn hashed_name(name: &str) -> io::Result<String> {
    let mut salt = vec![0; SALT];
    File::open("/dev/urandom")?.read_exact(&mut salt)?;
    let mac = Hmac::<Sha1>::new_from_slice(&salt).map_err(io::Error::other)?;
    let hash = mac.chain_update(name).finalize().into_bytes().into();
    Ok(HostPatterns::HashedName { salt, hash }.to_string())
}

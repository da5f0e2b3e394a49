//! Signing by `ssh-keygen -Y sign`, so that agents, hardware keys and passphrases work as people know
//! them: it talks with them on the terminal itself.

use std::fs;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::problem::Problem;
use crate::diagnostic::Code;

/// The signature that lies beside the file at `path`.
pub(super) fn beside(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}.sig"))
}

/// Signs the file at `path` for `namespace` with `key` (a private key, or a public one whose private
/// key an agent has), and gives the signature, which is left beside the file.
pub(super) fn sign(key: &Utf8Path, namespace: &str, path: &Utf8Path) -> Result<Vec<u8>, Problem> {
    let signature = beside(path);
    // An older one would be asked for before it is overwritten.
    if signature.exists() {
        fs::remove_file(&signature).map_err(|error| {
            Problem::file(&signature, &error, "remove it, or name another file; then sign again")
        })?;
    }
    // A name that begins with a dash would be an option.
    let file = if path.is_absolute() { path.to_owned() } else { Utf8Path::new(".").join(path) };
    let status = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f", key.as_str(), file.as_str()])
        .stdout(Stdio::null())
        .status();
    let hint = format!(
        "see what ssh-keygen said above; by hand it is `ssh-keygen -Y sign -n {namespace} -f {key} FILE` \
         (--key names a private key, or the .pub file of a key that an agent has)"
    );
    match status {
        Err(error) => Err(Problem::new(
            Code::NotSigned,
            format!("ssh-keygen can't be started: {error}"),
            "nothing was signed; install OpenSSH's client, 8.2 or newer, on this machine",
        )),
        Ok(status) if !status.success() => Err(Problem::new(
            Code::NotSigned,
            format!("ssh-keygen has not signed with {key} ({status})"),
            hint,
        )),
        Ok(_) => fs::read(&signature).map_err(|error| Problem::file(&signature, &error, &hint)),
    }
}

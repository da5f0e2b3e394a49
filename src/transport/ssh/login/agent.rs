//! Keys that an agent holds.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use camino::Utf8Path;
use ssh_key::PublicKey;

use crate::transport::failure::Trouble;
use crate::transport::ssh::doubt::fingerprint;

use super::{Login, Try};

/// How long an agent may take to list its keys.
const PATIENCE: Duration = Duration::from_secs(5);

impl Login<'_> {
    pub(super) fn by_agent(&mut self) -> Result<Try, Trouble> {
        let Some(socket) = self.hop.agent.clone() else { return Ok(Try::Refused) };
        if let Err(problem) = self.keyring.agent(&socket) {
            self.tried.push(format!("agent {socket} {problem}"));
            return Ok(Try::Refused);
        }
        let (agent, identities) = match self.identities(&socket) {
            Ok(found) => found,
            Err(error) => {
                self.tried.push(format!("agent {socket} fails: {}", error.message()));
                return Ok(Try::Refused);
            }
        };
        let user = self.hop.user.clone();
        for identity in identities {
            if self.hop.only_named && !self.is_named(identity.blob()) {
                continue;
            }
            let name = name(&identity);
            if let Try::In = self.attempt(&name, |_| agent.userauth(&user, &identity))? {
                return Ok(Try::In);
            }
        }
        Ok(Try::Refused)
    }

    fn identities(
        &self,
        socket: &Utf8Path,
    ) -> Result<(ssh2::Agent, Vec<ssh2::PublicKey>), ssh2::Error> {
        let mut agent = self.wire.session.agent()?;
        agent.set_identity_path(socket.as_std_path())?;
        agent.connect()?;
        agent.list_identities()?;
        let identities = agent.identities()?;
        Ok((agent, identities))
    }

    fn is_named(&self, blob: &[u8]) -> bool {
        let Ok(key) = PublicKey::from_bytes(blob) else { return false };
        self.hop.keys.iter().any(|path| {
            self.keyring.key(path).is_ok_and(|file| file.public.as_ref() == Some(key.key_data()))
        })
    }
}

fn name(identity: &ssh2::PublicKey) -> String {
    let comment = identity.comment().escape_debug();
    match PublicKey::from_bytes(identity.blob()) {
        Ok(key) => format!("agent's key {} `{comment}`", fingerprint(key.key_data())),
        Err(_) => format!("agent's key or certificate `{comment}`"),
    }
}

/// Whether the agent at `socket` lists its keys in time (draft-ietf-sshm-ssh-agent, section 3.5:
/// a request is its length, then the number 11).
pub(in crate::transport::ssh) fn answers(socket: &Utf8Path) -> Result<(), String> {
    let list = || {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(&[0, 0, 0, 1, 11])?;
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        // The answer is taken as a whole, so that the agent has nothing to complain about.
        let answer = &mut stream.take(u32::from_be_bytes(length).into());
        std::io::copy(answer, &mut std::io::sink())
    };
    list().map(drop).map_err(|error| format!("does not answer ({error})"))
}

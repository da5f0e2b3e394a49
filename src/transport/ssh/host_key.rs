//! Whether the key that a host shows is the one that is known. Nothing is ever learnt from the
//! host itself: what is not known is refused.

use ssh_key::public::KeyData;
use ssh_key::{Certificate, PublicKey};

use super::certificate;
use super::doubt::{Doubt, fingerprint};
use super::known_hosts::{Known, KnownHosts, Role};

/// The host as `known_hosts` files name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostId {
    /// The name or address that is connected to.
    pub(super) address: String,
    /// The port.
    pub(super) port: u16,
}

impl HostId {
    /// The name with which lines are looked up: `[address]:port` except for port 22.
    pub(super) fn name(&self) -> String {
        let Self { address, port } = self;
        if *port == 22 { address.clone() } else { format!("[{address}]:{port}") }
    }

    /// The lines about this host. Where the port's own name is not known, the address alone is
    /// looked up, as ssh(1) does: authorities are seldom written for a port.
    pub(super) fn lines<'k>(&self, known: &'k KnownHosts) -> Vec<&'k Known> {
        let mut lines = known.lines_for(&self.name());
        if self.port != 22 {
            let believed = lines.iter().any(|line| line.role != Role::Revoked);
            let bare = known.lines_for(&self.address);
            lines.extend(bare.into_iter().filter(|l| !believed || l.role == Role::Revoked));
        }
        lines
    }
}

/// Judges the key or certificate `blob` (RFC 4253, section 6.6) that `host` showed at the Unix
/// time `now`.
pub(super) fn judge(known: &KnownHosts, host: &HostId, blob: &[u8], now: u64) -> Result<(), Doubt> {
    let lines = host.lines(known);
    let Some(shown) = Shown::read(blob) else {
        return Err(Doubt {
            problem: format!("{} shows a host key of a kind that can't be read", host.name()),
            hint: "let the host offer an ED25519, ECDSA or RSA key (sshd_config, HostKey)".into(),
            is_unknown: false,
        });
    };
    if let Some(line) = lines.iter().find(|line| line.role == Role::Revoked && shown.uses(line)) {
        return Err(revoked(host, line));
    }
    if let Shown::Certificate(certificate) = &shown {
        let signer = certificate.signature_key();
        let mut authorities = lines.iter().filter(|line| line.role == Role::Authority);
        if let Some(authority) = authorities.find(|line| line.key == *signer) {
            return certificate::check(certificate, authority, &host.address, now);
        }
    }
    let keys: Vec<&&Known> = lines.iter().filter(|line| line.role == Role::Host).collect();
    if keys.iter().any(|line| line.key == *shown.key()) {
        return Ok(());
    }
    Err(if let Some(line) = keys.first() {
        changed(host, &shown, line)
    } else {
        unknown(known, host, &shown)
    })
}

/// What a host showed.
pub(super) enum Shown {
    Key(KeyData),
    Certificate(Box<Certificate>),
}

impl Shown {
    pub(super) fn read(blob: &[u8]) -> Option<Self> {
        if let Ok(key) = PublicKey::from_bytes(blob) {
            return Some(Self::Key(key.key_data().clone()));
        }
        Certificate::from_bytes(blob).ok().map(|certificate| Self::Certificate(certificate.into()))
    }

    /// The host's own key.
    pub(super) fn key(&self) -> &KeyData {
        match self {
            Self::Key(key) => key,
            Self::Certificate(certificate) => certificate.public_key(),
        }
    }

    /// Whether the line's key is the host's or signed for it.
    fn uses(&self, line: &Known) -> bool {
        let signer = match self {
            Self::Key(_) => None,
            Self::Certificate(certificate) => Some(certificate.signature_key()),
        };
        line.key == *self.key() || signer == Some(&line.key)
    }
}

fn revoked(host: &HostId, line: &Known) -> Doubt {
    let print = fingerprint(&line.key);
    Doubt {
        problem: format!("{} uses the revoked key {print} ({})", host.name(), line.place()),
        hint: "give the host a new key, or find out who answers in its place; a revoked key is \
               never believed, whatever other lines say"
            .to_owned(),
        is_unknown: false,
    }
}

fn changed(host: &HostId, shown: &Shown, line: &Known) -> Doubt {
    let (name, place) = (host.name(), line.place());
    let (known, now) = (fingerprint(&line.key), fingerprint(shown.key()));
    Doubt {
        problem: format!(
            "the host key of {name} has changed: {place} knows {known}, but the host shows {now}"
        ),
        hint: format!(
            "either the host was set up anew or somebody answers in its place: compare \
             `ssh-keygen -lf` on the host's console with {now}; only if they are the same, \
             replace {place}"
        ),
        is_unknown: false,
    }
}

fn unknown(known: &KnownHosts, host: &HostId, shown: &Shown) -> Doubt {
    let (name, print, files) = (host.name(), fingerprint(shown.key()), known.files());
    let authority = match shown {
        Shown::Key(_) => String::new(),
        Shown::Certificate(certificate) => {
            let signer = fingerprint(certificate.signature_key());
            format!(" with a certificate of {signer}, which is no authority known for it,")
        }
    };
    Doubt {
        problem: format!(
            "the host key of {name} is not known: it shows {print},{authority} and no line for it \
             stands in {files}"
        ),
        hint: format!(
            "run `mdc trust` for this host: it shows {print} again and adds the key to {} once you \
             have compared it with `ssh-keygen -lf` on the host's console",
            known.first_file(),
        ),
        is_unknown: true,
    }
}

//! Connections over WinRM.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about WinRM connections; empty for any other.
    pub(super) fn explain_winrm(self) -> &'static str {
        match self {
            Self::WinrmUnverified => {
                "With `unverified = true` mdc takes any certificate over HTTPS: whoever stands between \
                 this machine and the host can pass for it, read what is sent, and, by Basic, learn \
                 the password. Every plan says so. Name the authority that issued the hosts' \
                 certificates with `ca`, or pin the certificate by its SHA-256 with `fingerprint` \
                 (PowerShell on the host: `Get-ChildItem Cert:\\LocalMachine\\My`)."
            }
            Self::WinrmLogin => {
                "The keys of a WinRM connection can't go together like this. Over HTTP only logins \
                 whose keys seal every message are taken (`negotiate`, `ntlm`, `kerberos`); `basic`, \
                 `credssp` and `certificate` need HTTPS, and `credssp`, which hands the password to \
                 the host, needs a host that is proven to be itself. Kerberos needs `realm`, and with \
                 a realm nothing else is tried. `mdc` refuses such a connection before any host is \
                 touched."
            }
            _ => "",
        }
    }
}

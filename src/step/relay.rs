//! Getting a package file from the relay of a site: by the relay's own sshd, with a key that the host that
//! gets it makes for this one copy. The private half never leaves that host's memory (`/run` is a tmpfs,
//! FHS 3.0, section 3.15); the public half opens this one file for reading and nothing else, and ends by
//! itself (sshd(8) on `authorized_keys`: `restrict`, `command`, `expiry-time`).

use super::copy::{check_file, find_text, part, reading_time};
use crate::desired::Relay;
use crate::transport::{Account, Command, RelayTask, Task, quote};
use crate::value::{Digest, Period, RemotePath};

/// Bytes that are got at once: what is told of the progress, and what a cancelled copy still gets.
const PIECE: u64 = 128 << 20;
/// Slowest line within a site that is waited for, in bytes a second.
const SLOWEST: u64 = 256 * 1024;
/// Seconds that a key is good for besides what the copy may take.
const SPARE: u64 = 600;
/// Where keys are while they are used.
const KEYS: &str = "/run/mdc-relay";
/// By what name the relay is known to whom it feeds, whatever its address is.
const KNOWN_AS: &str = "mdc-relay";

/// A package file on the controller that hosts of a site get from one of them.
#[derive(Debug, Clone, Copy)]
pub struct Relayed<'a> {
    /// On the controller, relative to the release file.
    pub from: &'a str,
    /// On both hosts.
    pub path: &'a RemotePath,
    /// The content.
    pub digest: &'a Digest,
    /// Bytes.
    pub size: u64,
}

impl Relayed<'_> {
    /// What the host runs that gets the file: it looks for it, makes a key and gets it from `relay`.
    #[must_use]
    pub fn fed(&self, relay: &Relay) -> Vec<Command> {
        let (path, digest, size) = (self.path.clone(), *self.digest, self.size);
        let find = Task::FindFile { path: path.clone(), digest };
        // What a copy before, which was cut off, has left there opens nothing any more.
        let look = format!("rm -rf {}; {}", self.keys(), find_text(&digest, &path));
        let offer = Task::Relay(RelayTask::OfferKey { path: path.clone() });
        let from = self.from.to_owned();
        let pull = Task::Relay(RelayTask::PullFile { from, path, digest, size });
        let within =
            Period::seconds(120 + size.min(PIECE) / SLOWEST + reading_time(size).whole_seconds());
        vec![
            command(look, Account::Root, (reading_time(size), find)),
            command(self.offer_text(), Account::Root, (Period::seconds(60), offer)),
            command(self.pull_text(relay), Account::Root, (within, pull)),
        ]
    }

    /// What the relay runs for each host that it feeds: it lends the file, lets a key in, and dismisses it.
    #[must_use]
    pub fn feeds(&self) -> Vec<Command> {
        let path = || self.path.clone();
        let lend = Task::Relay(RelayTask::LendFile { path: path(), digest: *self.digest });
        let admit = Task::Relay(RelayTask::AdmitKey { path: path() });
        let dismiss = Task::Relay(RelayTask::DismissKey { path: path() });
        let minute = Period::seconds(60);
        vec![
            command(self.lend_text(), Account::Root, (reading_time(self.size), lend)),
            command(self.admit_text(), Account::Login, (minute, admit)),
            command(keys_text(""), Account::Login, (minute, dismiss)),
        ]
    }

    /// What the relay runs that has no use of its own for the file.
    #[must_use]
    pub fn drop(&self) -> Command {
        let run = format!(
            "rm -f {path} && {{ rmdir {folder} 2>/dev/null || :; }}",
            path = quote(self.path.as_str()),
            folder = quote(self.path.parent())
        );
        let task = Task::Relay(RelayTask::DropFile { path: self.path.clone() });
        command(run, Account::Root, (Period::seconds(60), task))
    }

    /// The folder of the key for this file.
    fn keys(&self) -> String {
        format!("{KEYS}/{}", self.digest.short())
    }

    /// ECDSA, which FIPS 140 allows: not every host may use ED25519.
    fn offer_text(&self) -> String {
        format!(
            "umask 077; key={keys}; rm -rf \"$key\" && mkdir -p \"$key\" && \
             ssh-keygen -q -t ecdsa -b 256 -N '' -C '' -f \"$key/key\" </dev/null && \
             cut -d ' ' -f 1,2 \"$key/key.pub\"",
            keys = self.keys()
        )
    }

    /// The file is another one than was reviewed, or it is readable: its folders and it are root's alone
    /// otherwise. What vendors publish is no secret.
    fn lend_text(&self) -> String {
        let folder = self.path.parent();
        let above = folder.rsplit_once('/').map_or("/", |(above, _)| above);
        format!(
            "{check} && chmod o+x {above} {folder} && chmod o+r {path}",
            check = check_file(self.digest, self.path),
            above = quote(above),
            folder = quote(folder),
            path = quote(self.path.as_str()),
        )
    }

    /// What follows the byte that is asked for, as far as one piece goes: whatever else a key asks for, it
    /// gets nothing.
    fn admit_text(&self) -> String {
        let serves = format!(
            "case $SSH_ORIGINAL_COMMAND in ''|*[!0-9]*) exit 2;; esac; \
             tail -c +$SSH_ORIGINAL_COMMAND {} | head -c {PIECE}",
            quote(self.path.as_str())
        );
        let options = format!("restrict,command=\"{}\"", serves.replace('"', "\\\""));
        let lasts = SPARE + self.size / SLOWEST;
        let add = format!(
            "until=$(date -d \"@$(($(date +%s) + {lasts}))\" +%Y%m%d%H%M%S) && \
             printf '%s,expiry-time=\"%s\" %s %s %s\\n' {} \"$until\" \"$kind\" \"$key\" \"$mark\" >>\"$new\" && ",
            quote(&options)
        );
        keys_text(&add)
    }

    fn pull_text(&self, relay: &Relay) -> String {
        let Self { path, digest, size, .. } = self;
        let ssh = format!(
            "ssh -T -F /dev/null -i \"$key/key\" -o IdentitiesOnly=yes -o IdentityAgent=none \
             -o BatchMode=yes -o PreferredAuthentications=publickey -o StrictHostKeyChecking=yes \
             -o UserKnownHostsFile=\"$key/known\" -o GlobalKnownHostsFile=/dev/null \
             -o HostKeyAlias={KNOWN_AS} -o CheckHostIP=no -o UpdateHostKeys=no -o ClearAllForwardings=yes \
             -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o LogLevel=ERROR \
             -p {port} -l \"$user\" {address} \"$((have + 1))\"",
            port = relay.port,
            address = quote(&relay.address),
        );
        format!(
            "umask 077; key={keys}; part={part}; path={path}\n\
             end() {{ echo \"$1\" >&2; rm -rf \"$key\"; exit 1; }}\n\
             trap 'rm -rf \"$key\"; exit 1' HUP INT TERM\n\
             IFS= read -r user && IFS= read -r known && [ -n \"$user\" ] || end 'nobody said whom to ask'\n\
             mkdir -p {folder} && exec 9>>\"$part\" && flock -w 60 9 || end 'another copy goes on'\n\
             if [ -e \"$path\" ] && {check}; then rm -rf \"$key\" \"$part\"; exit 0; fi\n\
             [ -e \"$part\" ] && have=$(wc -c <\"$part\") || end 'another copy has ended'\n\
             [ \"$have\" -le {size} ] || {{ : >\"$part\"; have=0; }}\n\
             if [ \"$have\" -lt {size} ]; then\n\
             printf '{KNOWN_AS} %s\\n' \"$known\" >\"$key/known\" || end 'the key is gone'\n\
             {ssh} </dev/null >>\"$part\" 9>&-\n\
             now=$(wc -c <\"$part\")\n\
             [ \"$now\" -gt \"$have\" ] || end 'nothing came from the relay'\n\
             if [ \"$now\" -lt {size} ]; then echo \"$now\"; exit {more}; fi\n\
             fi\n\
             sum=$(if openssl dgst -sha256 </dev/null >/dev/null 2>&1; then openssl dgst -sha256 -r; \
             else sha256sum; fi <\"$part\")\n\
             if [ \"${{sum%% *}}\" != {digest} ]; then rm -f \"$part\"; \
             end 'what came from the relay is not the file that was reviewed'; fi\n\
             mv -f \"$part\" \"$path\" && rm -rf \"$key\"",
            keys = self.keys(),
            part = quote(&part(path)),
            path = quote(path.as_str()),
            folder = quote(path.parent()),
            check = check_file(digest, path),
            more = RelayTask::MORE,
        )
    }
}

/// Writes the login user's keys anew without the one that standard input names, and without those of
/// relays that have ended; `add` adds one. Keys are never half-written: the new file takes the old one's
/// place. Prints the user's name.
fn keys_text(add: &str) -> String {
    format!(
        "umask 077; unset TZ\n\
         IFS=' ' read -r mark kind key || exit 2\n\
         case \"$mark\" in mdc-relay-*[!a-zA-Z0-9._-]*) exit 2;; mdc-relay-?*) ;; *) exit 2;; esac\n\
         case \"$kind$key\" in *[!a-zA-Z0-9+/=-]*) exit 2;; esac\n\
         mkdir -p ~/.ssh && keys=$(readlink -f ~/.ssh/authorized_keys) && exec 9<~/.ssh && flock -w 30 9 || exit 1\n\
         new=$keys.mdc; rm -f \"$new\"; [ -e \"$keys\" ] || : >\"$keys\"\n\
         cp -p \"$keys\" \"$new\" && awk -v mark=\"$mark\" -v now=\"$(date +%Y%m%d%H%M%S)\" '\n\
         $NF == mark {{ next }}\n\
         $NF ~ /^mdc-relay-/ && match($0, /expiry-time=\"[0-9]+\"/) && substr($0, RSTART + 13, 14) < now {{ next }}\n\
         {{ print }}' \"$keys\" >\"$new\" && {add}mv -f \"$new\" \"$keys\" || {{ rm -f \"$new\"; exit 1; }}\n\
         [ -s \"$keys\" ] || rm -f \"$keys\"\n\
         id -un"
    )
}

fn command(run: String, account: Account, (within, task): (Period, Task)) -> Command {
    Command { run, account, within, task }
}

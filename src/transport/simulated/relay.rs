//! Package files that simulated hosts give to one another.

use super::exit;
use super::host::Host;
use super::task::Received;
use crate::transport::{Output, RelayTask};
use crate::value::{Digest, Period};

impl Host {
    /// What a real host does and prints, but for the bytes: a host knows nothing of the others.
    pub(super) fn relay(&mut self, task: &RelayTask, received: &Received) -> (Period, Output) {
        let path = task.path();
        let words = if let Received::Text(text) = received { text.as_str() } else { "" };
        let mut period = self.durations.check;
        let output = match task {
            RelayTask::OfferKey { .. } => {
                self.keys.insert(path.as_str().to_owned());
                let key = Digest::of(path.as_str().as_bytes()).short();
                exit(0, format!("ecdsa-sha2-nistp256 {key}"), "")
            }
            RelayTask::LendFile { digest, .. } => self.check_file(path, *digest),
            RelayTask::AdmitKey { .. } => match words.trim().split_once(' ') {
                Some((mark, key)) => {
                    self.admitted.insert(mark.to_owned(), key.to_owned());
                    exit(0, "simulated", "")
                }
                None => exit(2, "", "no key came"),
            },
            RelayTask::PullFile { digest, size, .. } => {
                let is_told = words.starts_with("simulated\nssh-ed25519 SIMULATED/");
                if is_told && self.keys.remove(path.as_str()) {
                    let millis = size.saturating_mul(1000) / self.durations.bytes_per_second.max(1);
                    period = Period::millis(millis);
                    self.files.insert(path.as_str().to_owned(), *digest);
                    self.sizes.insert(path.as_str().to_owned(), *size);
                    exit(0, "", "")
                } else {
                    exit(1, "", "nobody said whom to ask")
                }
            }
            RelayTask::DismissKey { .. } => {
                self.admitted.remove(words.trim());
                exit(0, "", "")
            }
            RelayTask::DropFile { .. } => {
                self.files.remove(path.as_str());
                self.sizes.remove(path.as_str());
                exit(0, "", "")
            }
        };
        (period, output)
    }
}

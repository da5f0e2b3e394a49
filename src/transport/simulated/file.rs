//! The file that holds a simulated host. Changes are made under a lock and replace the file as a
//! whole: two processes never mix, and nobody reads half a file.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::host::Host;
use crate::address::HostName;
use crate::transport::{Failure, Problem};

/// The largest file that is read; people edit it, so it can be anything.
const LARGEST: u64 = 8 << 20;

pub(super) struct HostFile {
    path: Utf8PathBuf,
    /// What the next content is written to before it takes the file's place.
    next: Utf8PathBuf,
    lock: File,
    /// The bytes of the last reading, kept for their room.
    buffer: RefCell<Vec<u8>>,
}

impl HostFile {
    pub(super) fn open(folder: &Utf8Path, host: &HostName) -> Result<Self, Failure> {
        let lock = folder.join(format!(".{host}.lock"));
        let open = || {
            fs::create_dir_all(folder)?;
            File::options().create(true).truncate(false).write(true).open(&lock)
        };
        let lock = open().map_err(|e| here(host, folder, &format!("can't be written: {e}")))?;
        Ok(Self {
            path: folder.join(format!("{host}.json")),
            next: folder.join(format!(".{host}.json.next")),
            lock,
            buffer: RefCell::default(),
        })
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Lets `change` work on the host, alone, and writes the file when it changed anything.
    pub(super) fn change<T>(
        &self,
        name: &HostName,
        change: impl FnOnce(&mut Host) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let cant = |e: io::Error| here(name, &self.path, &format!("can't be used: {e}"));
        let _locked = Locked::new(&self.lock).map_err(cant)?;
        let mut host = self.read(name)?;
        let before = host.clone();
        let result = change(&mut host);
        if host != before {
            let text = serde_json::to_vec_pretty(&host).map_err(|e| cant(e.into()))?;
            fs::write(&self.next, text).map_err(cant)?;
            fs::rename(&self.next, &self.path).map_err(cant)?;
        }
        result
    }

    /// The host as it is in the file; a new one when there is no file.
    fn read(&self, name: &HostName) -> Result<Host, Failure> {
        let mut buffer = self.buffer.borrow_mut();
        buffer.clear();
        match File::open(&self.path) {
            Ok(file) => file.take(LARGEST).read_to_end(&mut buffer).map(|_| ()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Host::new(name)),
            Err(e) => Err(e),
        }
        .map_err(|e| here(name, &self.path, &format!("can't be read: {e}")))?;
        serde_json::from_slice(&buffer)
            .map_err(|e| here(name, &self.path, &format!("is not a simulated host: {e}")))
    }
}

/// Holds the lock (flock(2): also between processes, and released when the holder dies).
struct Locked<'a>(&'a File);

impl<'a> Locked<'a> {
    fn new(file: &'a File) -> io::Result<Self> {
        flock(file, FlockOperation::LockExclusive)?;
        Ok(Self(file))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing the file unlocks it too, so nothing is left to do when this fails.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

fn here(host: &HostName, path: &Utf8Path, problem: &str) -> Failure {
    Failure {
        host: host.clone(),
        during: "use the simulated host".to_owned(),
        problem: Problem::Here(format!("{path} {problem}")),
        hint: "mend the file, or delete it to begin with a fresh host".to_owned(),
    }
}

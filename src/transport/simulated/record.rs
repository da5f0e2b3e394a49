//! Copies of the records of runs on a simulated host: plain files beside the host's own, since they
//! grow with the run and the host's file is written anew with every change.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::transport::{PART, Verdict};

/// The records on one host: a folder a run, with a file each.
pub(super) struct Records {
    folder: Utf8PathBuf,
}

impl Records {
    pub(super) fn beside(host: &Utf8Path) -> Self {
        Self { folder: host.with_extension("records") }
    }

    /// The runs whose records are here.
    pub(super) fn runs(&self) -> Vec<String> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().flatten();
        let mut runs: Vec<String> = entries.map(|entry| entry.file_name().to_owned()).collect();
        runs.sort_unstable();
        runs
    }

    pub(super) fn keep(&self, (run, file): (&str, &str), offset: u64, content: &str) -> Verdict {
        self.write((run, file), offset, content).map_or_else(|error| cannot(&error), Verdict::Has)
    }

    pub(super) fn recall(&self, (run, file): (&str, &str), offset: u64) -> Verdict {
        let read = || -> io::Result<Vec<u8>> {
            let mut opened = File::open(self.folder.join(run).join(file))?;
            opened.seek(SeekFrom::Start(offset))?;
            let mut part = Vec::new();
            opened.take(PART as u64).read_to_end(&mut part)?;
            Ok(part)
        };
        match read() {
            Ok(part) => Verdict::Part(part),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Verdict::Unknown,
            Err(error) => cannot(&error),
        }
    }

    pub(super) fn forget(&self, run: &str) -> Verdict {
        match fs::remove_dir_all(self.folder.join(run)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => cannot(&error),
            _ => {
                // The last one takes the folder with it; one that isn't empty stays.
                let _ = fs::remove_dir(&self.folder);
                Verdict::Done
            }
        }
    }

    fn write(&self, (run, file): (&str, &str), offset: u64, content: &str) -> io::Result<u64> {
        let folder = self.folder.join(run);
        fs::create_dir_all(&folder)?;
        let mut open = OpenOptions::new();
        open.create(true).truncate(false).write(true);
        let mut file = open.open(folder.join(file))?;
        let have = file.metadata()?.len();
        if have < offset {
            return Ok(have);
        }
        file.set_len(offset)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(content.as_bytes())?;
        Ok(offset + content.len() as u64)
    }
}

fn cannot(error: &io::Error) -> Verdict {
    Verdict::Cannot(format!("it can't keep or show the record: {error}"))
}

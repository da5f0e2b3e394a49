//! Debian packages: an `ar` archive whose member `control.tar` holds the file `control` (deb(5)).

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

use super::{Identity, IdentityError, control};
use crate::catalog::Format;

const MAGIC: &[u8; 8] = b"!<arch>\n";
/// Bytes of the header before each member.
const HEADER: usize = 60;
/// Members before `control.tar`: the format's version, and what tools of the future may put there.
const MEMBERS: usize = 8;
/// The most that `control.tar` may unpack to: the digests of a hundred thousand files.
const LARGEST_ARCHIVE: u64 = 64 << 20;
/// The most that the control file may hold.
const LARGEST_CONTROL: u64 = 1 << 20;
/// What unpacking may take, in KiB: the largest dictionary of xz(1)'s presets is 64 MiB.
const XZ_MEMORY: u32 = 80 << 10;
/// The largest window of `zstd --ultra` without `--long` is 128 MiB; dpkg's own level needs 8.
const ZSTD_WINDOW: u64 = 32 << 20;

pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Identity, IdentityError> {
    let mut magic = [0; MAGIC.len()];
    if !whole(file, &mut magic)? || magic != *MAGIC {
        return Err(IdentityError::OtherFormat(Format::Deb));
    }
    for _ in 0..MEMBERS {
        let mut header = [0; HEADER];
        if !whole(file, &mut header)? {
            break;
        }
        let Some((name, size)) = member(&header) else { return Err(damaged("a member is odd")) };
        if let Some(packed) = name.strip_prefix("control.tar") {
            return unpacked(packed, file.take(size)).map_err(damaged);
        }
        // Members begin at even places.
        let skip = i64::try_from(size.saturating_add(size % 2));
        file.seek(SeekFrom::Current(skip.map_err(|_| damaged("a member is too large"))?))?;
    }
    Err(damaged("it has no member `control.tar`"))
}

fn damaged(what: impl Into<String>) -> IdentityError {
    IdentityError::Damaged(Format::Deb, what.into())
}

/// Fills `buffer`; no when the file ends before that.
fn whole(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A member's name and size.
fn member(header: &[u8; HEADER]) -> Option<(&str, u64)> {
    let text = |from: usize, to: usize| std::str::from_utf8(header.get(from..to)?).ok();
    let name = text(0, 16)?.trim_end().trim_end_matches('/');
    let size = text(48, 58)?.trim_end().parse().ok()?;
    (text(58, 60)? == "`\n").then_some((name, size))
}

/// The identity in the archive, packed as the end of its name says.
fn unpacked(packed: &str, archive: impl Read) -> Result<Identity, String> {
    match packed {
        "" => in_tar(archive),
        ".gz" => in_tar(GzDecoder::new(archive)),
        ".xz" => in_tar(XzReader::new_mem_limit(archive, false, XZ_MEMORY)),
        ".zst" => {
            let unpacked = StreamingDecoder::new_with_max_window_size(archive, ZSTD_WINDOW);
            in_tar(unpacked.map_err(|error| error.to_string())?)
        }
        other => Err(format!("`control.tar{other}` is packed in a way that mdc doesn't know")),
    }
}

fn in_tar(archive: impl Read) -> Result<Identity, String> {
    let odd = |error: io::Error| format!("`control.tar`: {error}");
    let mut archive = tar::Archive::new(archive.take(LARGEST_ARCHIVE));
    for entry in archive.entries().map_err(odd)? {
        let entry = entry.map_err(odd)?;
        if matches!(&*entry.path_bytes(), b"./control" | b"control") {
            let mut bytes = Vec::new();
            entry.take(LARGEST_CONTROL).read_to_end(&mut bytes).map_err(odd)?;
            return control::parse(&String::from_utf8_lossy(&bytes));
        }
    }
    Err("`control.tar` has no file `control`".to_owned())
}

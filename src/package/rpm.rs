//! RPM packages: a lead, a header with signatures, and the header that describes the package, of
//! which neither is packed (RPM's own manual, "RPM v4 package format").

use std::io::{self, Read, Seek, SeekFrom};

use super::{Identity, IdentityError, version, word};
use crate::catalog::Format;

const LEAD: usize = 96;
const LEAD_MAGIC: &[u8; 4] = b"\xed\xab\xee\xdb";
const HEADER_MAGIC: &[u8; 4] = b"\x8e\xad\xe8\x01";
/// What rpm itself accepts: entries of an index, and bytes of what they point to.
const MOST_ENTRIES: u64 = 0xffff;
const LARGEST_STORE: u64 = 256 << 20;
/// The longest text that is read.
const LONGEST: u64 = 256;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const SIZE: u32 = 1009;
const ARCHITECTURE: u32 = 1022;
const LARGE_SIZE: u32 = 5009;

pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Identity, IdentityError> {
    let mut lead = [0; LEAD];
    let is_rpm = file.read_exact(&mut lead).is_ok() && lead.starts_with(LEAD_MAGIC);
    match lead.get(6..8) {
        _ if !is_rpm => return Err(IdentityError::OtherFormat(Format::Rpm)),
        Some([0, 0]) => {}
        _ => return Err(damaged("it is a source package")),
    }
    let signatures = Header::read(file)?;
    // The next header begins at a multiple of eight.
    file.seek(SeekFrom::Start(signatures.end().next_multiple_of(8)))?;
    let header = Header::read(file)?;
    let text = |file: &mut _, tag, what: &str| {
        header.text(file, tag)?.ok_or_else(|| damaged(format!("it doesn't tell its {what}")))
    };
    let (name, plain) = (text(file, NAME, "name")?, text(file, VERSION, "version")?);
    let (release, architecture) =
        (text(file, RELEASE, "release")?, text(file, ARCHITECTURE, "architecture")?);
    let epoch = header.number(file, EPOCH)?.map_or_else(String::new, |epoch| format!("{epoch}:"));
    let large = header.number(file, LARGE_SIZE)?;
    let size = header.number(file, SIZE)?;
    let odd = |what: &str| damaged(format!("its {what} is not a word"));
    Ok(Identity {
        product_code: None,
        upgrade_code: None,
        name: word(&name).ok_or_else(|| odd("name"))?,
        version: version(&format!("{epoch}{plain}-{release}")).map_err(damaged)?,
        architecture: word(&architecture).ok_or_else(|| odd("architecture"))?,
        unpacked: large.or(size).unwrap_or_default(),
    })
}

fn damaged(what: impl Into<String>) -> IdentityError {
    IdentityError::Damaged(Format::Rpm, what.into())
}

/// An index of entries, and where what they point to begins.
struct Header {
    index: Vec<u8>,
    store: u64,
    length: u64,
}

impl Header {
    fn read(file: &mut (impl Read + Seek)) -> Result<Self, IdentityError> {
        let mut intro = [0; 16];
        file.read_exact(&mut intro).map_err(ended)?;
        let entries = u64::from(number(&intro, 8).unwrap_or_default());
        let length = u64::from(number(&intro, 12).unwrap_or_default());
        if !intro.starts_with(HEADER_MAGIC) || entries > MOST_ENTRIES || length > LARGEST_STORE {
            return Err(damaged("a header is odd"));
        }
        let mut index = Vec::new();
        file.take(entries * 16).read_to_end(&mut index)?;
        if index.len() as u64 != entries * 16 {
            return Err(damaged("it ends too early"));
        }
        Ok(Self { index, store: file.stream_position()?, length })
    }

    const fn end(&self) -> u64 {
        self.store + self.length
    }

    /// The type of an entry's value, and where in the file that is.
    fn find(&self, tag: u32) -> Option<(u32, u64)> {
        let (entries, _) = self.index.as_chunks::<16>();
        let entry = entries.iter().find(|entry| number(*entry, 0) == Some(tag))?;
        let offset = u64::from(number(entry, 8)?);
        (offset < self.length).then_some((number(entry, 4)?, self.store + offset))
    }

    /// Up to `most` bytes of the value at `place`, and nothing from behind the header.
    fn bytes(
        &self,
        file: &mut (impl Read + Seek),
        place: u64,
        most: u64,
    ) -> Result<Vec<u8>, IdentityError> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(place))?;
        file.take(most.min(self.end() - place)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn text(
        &self,
        file: &mut (impl Read + Seek),
        tag: u32,
    ) -> Result<Option<String>, IdentityError> {
        // 6: a text; 8 and 9: several, of which the first counts.
        let Some((6 | 8 | 9, place)) = self.find(tag) else { return Ok(None) };
        let bytes = self.bytes(file, place, LONGEST)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        if text.len() == bytes.len() {
            return Err(damaged("a text in it has no end"));
        }
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }

    fn number(
        &self,
        file: &mut (impl Read + Seek),
        tag: u32,
    ) -> Result<Option<u64>, IdentityError> {
        let Some((kind, place)) = self.find(tag) else { return Ok(None) };
        let bytes = self.bytes(file, place, 8)?;
        // 4: of 32 bits; 5: of 64 bits.
        Ok(match (kind, bytes.first_chunk::<4>(), bytes.first_chunk::<8>()) {
            (4, Some(four), _) => Some(u64::from(u32::from_be_bytes(*four))),
            (5, _, Some(eight)) => Some(u64::from_be_bytes(*eight)),
            _ => None,
        })
    }
}

/// A big-endian number of 32 bits.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn ended(error: io::Error) -> IdentityError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends too early"),
        _ => error.into(),
    }
}

//! Windows Installer packages: a compound file whose streams are the tables of a database ([MS-CFB]; the
//! database as `msi.h` and the tools msitools and Wine read it). Read are the texts, the table
//! `Property`, and the summary.

use std::io::{self, Read, Seek};

use cfb::CompoundFile;

use super::{Identity, IdentityError, LONGEST_WORD, version};
use crate::catalog::Format;
use crate::value::steers;

/// How a compound file begins.
const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// The most of a stream that is read: installers of many gigabytes have some megabytes of texts.
const LARGEST: u64 = 64 << 20;
/// The stream of the summary.
const SUMMARY: &str = "/\u{5}SummaryInformation";
/// The property of the summary that has the architecture: `PID_TEMPLATE`.
const TEMPLATE: u32 = 7;
/// The type of a text there: `VT_LPSTR`.
const TEXT: u32 = 30;

pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Identity, IdentityError> {
    let mut magic = [0; MAGIC.len()];
    let is_one = file.read_exact(&mut magic).is_ok() && magic == MAGIC;
    if !is_one {
        return Err(IdentityError::OtherFormat(Format::Msi));
    }
    file.rewind()?;
    let mut file = CompoundFile::open(file).map_err(|error| damaged(error.to_string()))?;
    let texts = Texts::read(&mut file)?;
    let properties = stream(&mut file, &table("Property"))?;
    let property = |name: &str| {
        let found = texts.property(&properties, name);
        found.ok_or_else(|| damaged(format!("it has no property `{name}`")))
    };
    let (name, number) = (property("ProductName")?, property("ProductVersion")?);
    let code = |name: &str| {
        let text = texts.property(&properties, name);
        let code =
            text.map(|text| text.parse().map_err(|_| damaged(format!("its `{name}` is none"))));
        code.transpose()
    };
    let (product_code, upgrade_code) = (code("ProductCode")?, code("UpgradeCode")?);
    let summary = stream(&mut file, SUMMARY)?;
    let template = template(&summary).ok_or_else(|| damaged("its summary has no template"))?;
    // Programs and Features shows the name, which may end with the version.
    let bare = name.strip_suffix(&number).map_or(name.as_str(), str::trim_end);
    let fits = !bare.is_empty() && bare.len() <= LONGEST_WORD && !bare.chars().any(steers);
    if !fits {
        return Err(damaged("its property `ProductName` is not a name"));
    }
    Ok(Identity {
        name: bare.to_owned(),
        version: version(&number).map_err(damaged)?,
        architecture: architecture(&template).map_err(damaged)?.to_owned(),
        product_code,
        upgrade_code,
        unpacked: 0,
    })
}

fn damaged(what: impl Into<String>) -> IdentityError {
    IdentityError::Damaged(Format::Msi, what.into())
}

/// In the words of `uname -m`. What is built for 32 bits runs on 64, too.
fn architecture(template: &str) -> Result<&'static str, String> {
    match template.split(';').next().unwrap_or_default() {
        "x64" | "AMD64" => Ok("x86_64"),
        "Arm64" => Ok("aarch64"),
        "Intel" | "" => Ok("all"),
        _ => Err("its summary names an architecture that mdc doesn't know".to_owned()),
    }
}

/// The whole of a stream.
fn stream<F: Read + Seek>(
    file: &mut CompoundFile<F>,
    name: &str,
) -> Result<Vec<u8>, IdentityError> {
    let lacks = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => damaged("it lacks a stream that every installer has"),
        _ => damaged(error.to_string()),
    };
    let stream = file.open_stream(name).map_err(lacks)?;
    if stream.len() > LARGEST {
        return Err(damaged("one of its streams is too large"));
    }
    let mut bytes = Vec::new();
    stream.take(LARGEST).read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
    Ok(bytes)
}

/// The name of a table's stream: two characters of the table's name in one, after a mark.
fn table(name: &str) -> String {
    const ORDER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
    let value = |byte: u8| ORDER.iter().position(|&one| one == byte).unwrap_or_default();
    let pair = |pair: &[u8]| match pair {
        [one, two] => 0x3800 + value(*one) + (value(*two) << 6),
        [one] => 0x4800 + value(*one),
        _ => 0,
    };
    let packed = name.as_bytes().chunks(2).map(pair);
    let packed = packed.filter_map(|code| char::from_u32(u32::try_from(code).ok()?));
    ['/', '\u{4840}'].into_iter().chain(packed).collect()
}

/// The texts of a database, to which its tables refer by their numbers.
struct Texts {
    /// Bytes of a reference.
    width: usize,
    /// Where each is, by its number less one.
    places: Vec<(usize, usize)>,
    data: Vec<u8>,
}

impl Texts {
    fn read<F: Read + Seek>(file: &mut CompoundFile<F>) -> Result<Self, IdentityError> {
        let pool = stream(file, &table("_StringPool"))?;
        let data = stream(file, &table("_StringData"))?;
        let mut halves = pool.chunks_exact(2).map(|pair| match pair {
            [low, high] => usize::from(u16::from_le_bytes([*low, *high])),
            _ => 0,
        });
        // The code page, and in its highest bit whether references are long.
        let (Some(_), Some(flags)) = (halves.next(), halves.next()) else {
            return Err(damaged("its texts have no head"));
        };
        let width = if flags & 0x8000 == 0 { 2 } else { 3 };
        let (mut places, mut at) = (Vec::new(), 0_usize);
        while let (Some(mut length), Some(uses)) = (halves.next(), halves.next()) {
            // A long text has its length in the entry and the next one.
            if length == 0 && uses != 0 {
                let (Some(low), Some(_)) = (halves.next(), halves.next()) else { break };
                length = (uses << 16) | low;
            }
            let end = at.saturating_add(length);
            places.push((at, end));
            at = end;
        }
        Ok(Self { width, places, data })
    }

    fn text(&self, number: usize) -> Option<String> {
        let (from, to) = *self.places.get(number.checked_sub(1)?)?;
        Some(String::from_utf8_lossy(self.data.get(from..to)?).into_owned())
    }

    /// The value of a property, by the table of them: first all names, then all values.
    fn property(&self, table: &[u8], name: &str) -> Option<String> {
        let number =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, &it| (sum << 8) | usize::from(it));
        let (names, values) = table.split_at(table.len() / 2);
        let mut rows = names.chunks_exact(self.width).zip(values.chunks_exact(self.width));
        let is_it = |reference: &[u8]| self.text(number(reference)).as_deref() == Some(name);
        let (_, value) = rows.find(|(reference, _)| is_it(reference))?;
        self.text(number(value))
    }
}

/// What the summary says of architecture and languages ([MS-OLEPS]: a head of 48 bytes, then one set of
/// properties, each of which has its place in a list).
fn template(summary: &[u8]) -> Option<String> {
    let number = |at: usize| {
        let bytes = summary.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let place = |at: usize| usize::try_from(number(at)?).ok();
    let set = place(44)?;
    let count = place(set.checked_add(4)?)?.min(64);
    let entries = (0..count).filter_map(|entry| {
        let at = set.checked_add(8 + 8 * entry)?;
        Some((number(at)?, place(at.checked_add(4)?)?))
    });
    let (_, place_in_set) = entries.into_iter().find(|(id, _)| *id == TEMPLATE)?;
    let at = set.checked_add(place_in_set)?;
    if number(at)? != TEXT {
        return None;
    }
    let length = place(at.checked_add(4)?)?;
    let from = at.checked_add(8)?;
    let text = summary.get(from..from.checked_add(length)?)?;
    Some(String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
}

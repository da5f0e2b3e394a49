//! Keytabs: files with Kerberos keys (MIT's format 0x0502, which ktpass and ktutil write).

use sspi::{Credentials, KeytabIdentity, Username};
use zeroize::Zeroizing;

/// What such a file begins with.
const MARK: &[u8] = &[5, 2];
/// The kinds of keys that are used, best first: AES with 256 and with 128 bits (RFC 3962).
const KINDS: [u16; 2] = [18, 17];

/// A key.
pub(super) struct Key {
    kind: u16,
    bytes: Zeroizing<Vec<u8>>,
}

impl Key {
    /// The newest of the best keys of `name` in `realm` in the file `bytes`.
    pub(super) fn find(bytes: &[u8], name: &str, realm: &str) -> Result<Self, String> {
        let entries = entries(bytes).ok_or("it is no keytab, or it is cut off")?;
        let all: Vec<Entry> = entries.into_iter().filter(|it| it.is_of(name, realm)).collect();
        if all.is_empty() {
            return Err(format!("there is no key of {name}@{realm} in it"));
        }
        let best = |kind| all.iter().filter(|it| it.kind == kind).max_by_key(|it| it.version);
        let found = KINDS.into_iter().find_map(best).ok_or_else(|| {
            format!("the keys of {name}@{realm} in it are none of AES: make one with AES256-SHA1")
        })?;
        Ok(Self { kind: found.kind, bytes: found.key.clone() })
    }

    /// As the crate takes it.
    pub(super) fn credentials(&self, principal: Username) -> Option<Credentials> {
        let key_enctype = usize::from(self.kind).try_into().ok()?;
        let key = self.bytes.to_vec().into();
        Some(Credentials::Keytab(KeytabIdentity { principal, key, key_enctype }))
    }
}

struct Entry {
    name: String,
    realm: String,
    version: u32,
    kind: u16,
    key: Zeroizing<Vec<u8>>,
}

impl Entry {
    fn is_of(&self, name: &str, realm: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.realm.eq_ignore_ascii_case(realm)
    }
}

fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut rest = bytes.strip_prefix(MARK)?;
    let mut entries = Vec::new();
    while let Some((size, behind)) = rest.split_first_chunk() {
        let size = i32::from_be_bytes(*size);
        let (entry, behind) =
            behind.split_at_checked(usize::try_from(size.unsigned_abs()).ok()?)?;
        // What was taken out leaves a hole, whose size is negative.
        if size > 0 {
            entries.push(entry_of(entry)?);
        }
        rest = behind;
    }
    Some(entries)
}

fn entry_of(bytes: &[u8]) -> Option<Entry> {
    let mut fields = Fields(bytes);
    let count = fields.short()?;
    let realm = fields.text()?;
    let names: Option<Vec<String>> = (0..count).map(|_| fields.text()).collect();
    fields.number()?; // The name's type.
    fields.number()?; // The time.
    let short_version = fields.take::<1>()?;
    let kind = fields.short()?;
    let length = usize::from(fields.short()?);
    let (key, rest) = fields.0.split_at_checked(length)?;
    let version = Fields(rest).number().filter(|&number| number > 0);
    let [short_version] = short_version;
    Some(Entry {
        name: names?.join("/"),
        realm,
        version: version.unwrap_or(short_version.into()),
        kind,
        key: Zeroizing::new(key.to_vec()),
    })
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn short(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(self.short()?);
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u16, version: u8, key: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 4];
        bytes.extend(b"CORP\0\x03svc\0\0\0\x01\0\0\0\0");
        bytes.push(version);
        bytes.extend(kind.to_be_bytes());
        bytes.extend(u16::try_from(key.len()).unwrap().to_be_bytes());
        bytes.extend(key);
        let mut whole = i32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        whole.extend(bytes);
        whole
    }

    fn file() -> Vec<u8> {
        let hole = [&(-3_i32).to_be_bytes()[..], b"xyz"].concat();
        let entries = [entry(17, 9, b"weak"), hole, entry(18, 1, b"old"), entry(18, 2, b"new")];
        [MARK.to_vec(), entries.concat()].concat()
    }

    #[test]
    fn the_newest_of_the_best() {
        let key = Key::find(&file(), "SVC", "corp").unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((key.kind, key.bytes.as_slice()), (18, &b"new"[..]));
        let error = Key::find(&file(), "other", "CORP").err().unwrap();
        assert!(error.contains("other@CORP"), "{error}");
    }

    #[test]
    fn cut_anywhere_it_does_no_harm() {
        let whole = file();
        for end in 0..whole.len() {
            let _ = Key::find(&whole[..end], "svc", "CORP");
        }
    }
}

//! One line of a file of allowed signers: `principals [options] keytype base64-key [comment]`
//! (ssh-keygen(1), ALLOWED SIGNERS).

use jiff::Timestamp;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey};

use super::Signer;
use super::moment;
use crate::value::harmless;

/// RSA keys with fewer bits are no longer held safe (NIST SP 800-131A).
const RSA_BITS: usize = 2048;

/// The signer that `line` names; what is wrong with it and what to do, when it can't be used.
pub(super) fn parse(line: &str) -> Result<Signer, (String, String)> {
    let (names, rest) = word(line);
    let names = principals(names)?;
    let (next, after) = word(rest);
    let (options, key) = if is_key_type(next) { ("", rest) } else { (next, after) };
    let options = Options::parse(options)?;
    let key = public_key(key)?;
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    let Options { namespaces, after, before } = options;
    // Who it is counted as is known when all lines are.
    let person = names.first().cloned().unwrap_or_default();
    Ok(Signer { names, person, key, fingerprint, namespaces, after, before })
}

fn wrong<T>(what: impl Into<String>, help: &str) -> Result<T, (String, String)> {
    Err((what.into(), help.to_owned()))
}

/// The first word of `text`, in which quotes hold blanks together, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    text.split_at(end.unwrap_or(text.len()))
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-", "rsa-"].iter().any(|prefix| word.starts_with(prefix))
}

/// The names of one person: people are counted, so that each has to be named.
fn principals(word: &str) -> Result<Vec<String>, (String, String)> {
    let names: Vec<String> = word.split(',').map(str::to_owned).collect();
    let is_name = |name: &String| {
        !name.is_empty() && !name.chars().any(|c| "*?!\"".contains(c) || c.is_control())
    };
    if names.iter().all(is_name) {
        return Ok(names);
    }
    wrong(
        format!("`{}` doesn't name a person", harmless(word, &[])),
        "write who has the key, such as `alice@bank.example`; patterns (`*`, `?`, `!`) and quotes \
         are not supported, since people are counted",
    )
}

fn public_key(text: &str) -> Result<PublicKey, (String, String)> {
    let mut words = text.split_ascii_whitespace();
    let (Some(kind), Some(blob)) = (words.next(), words.next()) else {
        return wrong(
            "the line ends before its key",
            "write `name keytype key`: the name, then what the .pub file holds",
        );
    };
    let help = "copy type and key from the .pub file; ed25519, ecdsa, rsa and their sk- forms are \
                supported, certificates are not";
    let Ok(key) = PublicKey::from_openssh(&format!("{kind} {blob}")) else {
        return wrong(
            format!("`{}` with this text is not a key that can be used", harmless(kind, &[])),
            help,
        );
    };
    match key.key_data() {
        KeyData::Rsa(rsa) => {
            let bits = rsa.n.as_positive_bytes().map_or(0, |bytes| bytes.len() * 8);
            if bits < RSA_BITS {
                return wrong(
                    format!("an RSA key of {bits} bits is too short"),
                    "use an ed25519 key, or RSA of 3072 bits or more",
                );
            }
        }
        KeyData::Ecdsa(_)
        | KeyData::Ed25519(_)
        | KeyData::SkEcdsaSha2NistP256(_)
        | KeyData::SkEd25519(_) => {}
        _ => return wrong(format!("keys of the type `{}` can't be used", kind_of(&key)), help),
    }
    Ok(key)
}

fn kind_of(key: &PublicKey) -> String {
    let algorithm: Algorithm = key.algorithm();
    algorithm.to_string()
}

/// What a line says besides name and key.
#[derive(Default)]
struct Options {
    namespaces: Option<String>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Options {
    fn parse(text: &str) -> Result<Self, (String, String)> {
        let mut options = Self::default();
        for option in split(text) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            // Names are taken in either case, as OpenSSH does.
            let twice = match (name.to_ascii_lowercase().as_str(), value) {
                ("namespaces", Some(list)) if !list.is_empty() => {
                    options.namespaces.replace(list.to_owned()).is_some()
                }
                ("valid-after", Some(time)) => options.after.replace(read(time)?).is_some(),
                ("valid-before", Some(time)) => options.before.replace(read(time)?).is_some(),
                ("cert-authority", _) => {
                    return wrong(
                        "certificates are not supported",
                        "list the key of each person who signs, instead of the authority's",
                    );
                }
                _ => {
                    return wrong(
                        format!("there is no option `{}`", harmless(option, &[])),
                        "the options are `namespaces=\"…\"`, `valid-after=\"…Z\"` and \
                         `valid-before=\"…Z\"`, with commas and no blanks between them",
                    );
                }
            };
            if twice {
                return wrong(
                    format!("`{}` is given twice", harmless(name, &[])),
                    "keep one of them",
                );
            }
        }
        if options.after.zip(options.before).is_some_and(|(after, before)| after > before) {
            return wrong("it is never valid: it ends before it begins", "correct the times");
        }
        Ok(options)
    }
}

/// The options of a list: commas in quotes belong to a value.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = text.split(move |c| {
        quoted ^= c == '"';
        !quoted && c == ','
    });
    parts.filter(move |_| !text.is_empty())
}

fn read(time: &str) -> Result<Timestamp, (String, String)> {
    moment::parse(time).map_or_else(
        || {
            wrong(
                format!(
                    "`{}` is not a time that is the same on every controller",
                    harmless(time, &[])
                ),
                "write it in UTC, with a Z: `20261231Z` or `20261231235959Z`",
            )
        },
        Ok,
    )
}

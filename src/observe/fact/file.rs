//! Managed files. One that holds secrets, or held some when `mdc` wrote it, is not read: it holds what `mdc`
//! wrote there, as its record on the host says, for as long as it has not been changed since.

use std::collections::BTreeMap;

use openssl::base64::decode_block;

use super::all_quoted;
use crate::address::ComponentName;
use crate::fact::{FileContent, FileState, SecretState};
use crate::observe::Unreadable;
use crate::observe::answer::{Answer, not_usable};
use crate::transport::{FileQuestion, Questions};

/// The most that is read of a file, in bytes, and of a record: a longer one differs anyway.
const SCRIPT: &str = r#"
file() {
if [ -e "$2" ]; then printf '@mdc file %s %s\n' "$1" "$(stat -L -c '%a %U:%G %i %s %.9Y' -- "$2")"
[ ! -e "${3%/record}/changed" ] || printf '@mdc file-due %s\n' "$1"
if [ -z "$4" ] && [ -r "$2" ] && [ -z "$(sed -n 2p -- "$3")" ]; then printf '@mdc file-text %s %s\n' "$1" "$(head -c 65537 -- "$2" | base64 -w 0)"
fi
fi
[ ! -r "$3" ] || printf '@mdc file-record %s %s\n' "$1" "$(head -c 99999 -- "$3" | base64 -w 0)"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let asked = questions.resources.iter().flat_map(|(component, resource)| {
        resource.files.iter().map(move |(name, file)| {
            let FileQuestion { path, record, holds_secrets } = file;
            let key = format!("{component}/{name}");
            let secret = if *holds_secrets { "secret" } else { "" };
            format!("file {}\n", all_quoted([&key, path.as_str(), record.as_str(), secret]))
        })
    });
    let asked: String = asked.collect();
    if asked.is_empty() { asked } else { [SCRIPT, &asked].concat() }
}

/// What the component's files hold.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    component: &ComponentName,
    files: &BTreeMap<String, FileQuestion>,
) -> Result<BTreeMap<String, FileState>, Unreadable> {
    let state = |name: &String| {
        let about = format!("{component}/{name}");
        let told = |key: &str| {
            let mut lines = answer.all(key).iter();
            lines.find_map(|line| line.strip_prefix(about.as_str())?.strip_prefix(' '))
        };
        let state = state(told("file"), told("file-text"), told("file-record"));
        let nonsense = |()| not_usable(format!("what it tells of the file {about} makes no sense"));
        let mut state = state.map_err(nonsense)?;
        if let FileState::There(there) = &mut state {
            there.restart_due = answer.all("file-due").contains(&about.as_str());
        }
        Ok::<_, Unreadable>(state)
    };
    files.keys().map(|name| Ok((name.clone(), state(name)?))).collect()
}

/// What was written: a line that tells whether the file is still the same, one for its secrets, and the
/// text.
struct Record {
    stamp: String,
    secrets: BTreeMap<String, SecretState>,
    text: String,
}

fn state(file: Option<&str>, text: Option<&str>, record: Option<&str>) -> Result<FileState, ()> {
    let record = record.map(read_record).transpose()?;
    let Some(file) = file else { return Ok(FileState::Absent) };
    let mut words = file.splitn(3, ' ');
    let mut word = || words.next().map(str::to_owned).ok_or(());
    let (mode, owner, stamp) = (word()?, word()?, word()?);
    if let Some(text) = text {
        let (text, secrets) = (decoded(text)?, BTreeMap::new());
        let content =
            FileContent { text, touched: false, mode, owner, stamp, restart_due: false, secrets };
        return Ok(FileState::There(content));
    }
    let Some(Record { stamp: written, secrets, text }) = record else {
        return Ok(FileState::Unknown);
    };
    let touched = stamp != written;
    let content = FileContent { text, touched, mode, owner, stamp, restart_due: false, secrets };
    Ok(FileState::There(content))
}

fn read_record(line: &str) -> Result<Record, ()> {
    let text = decoded(line)?;
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().map(str::to_owned).ok_or(());
    let (stamp, secrets, text) = (next()?, next()?, next()?);
    let secrets = secrets.split(' ').filter_map(|one| {
        let (name, fingerprint) = one.split_once('=')?;
        Some((name.to_owned(), SecretState::Fingerprint(fingerprint.to_owned())))
    });
    Ok(Record { stamp, secrets: secrets.collect(), text })
}

fn decoded(line: &str) -> Result<String, ()> {
    let bytes = decode_block(line).map_err(drop)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use openssl::base64::encode_block;

    use super::*;

    fn there(state: FileState) -> FileContent {
        match state {
            FileState::There(there) => there,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_can_be_read_is_what_it_holds() {
        let text = encode_block(b"  a: 1\n");
        let found = there(state(Some("640 root:ops 7 7 9.1"), Some(&text), None).unwrap());
        assert_eq!((found.text.as_str(), found.mode.as_str()), ("  a: 1\n", "640"));
        assert_eq!(found.owner, "root:ops");
    }

    #[test]
    fn what_is_not_read_is_what_was_written() {
        let record = encode_block(b"7 7 9.1\nkey=s:f\na: <secret:key>\n");
        let same = there(state(Some("600 root:root 7 7 9.1"), None, Some(&record)).unwrap());
        assert_eq!((same.text.as_str(), same.touched), ("a: <secret:key>\n", false));
        assert_eq!(same.secrets["key"], SecretState::Fingerprint("s:f".to_owned()));
        let other = there(state(Some("600 root:root 8 7 9.2"), None, Some(&record)).unwrap());
        assert!(other.touched);
        assert_eq!(state(Some("600 root:root 7 7 9.1"), None, None), Ok(FileState::Unknown));
        assert_eq!(state(None, None, Some(&record)), Ok(FileState::Absent));
    }

    #[test]
    fn nonsense_is_refused() {
        for (file, text, record) in [
            (Some("600"), None, None),
            (Some("600 root:root 1 1 1"), Some("*"), None),
            (Some("600 root:root 1 1 1"), None, Some("YQ==")),
        ] {
            assert_eq!(state(file, text, record), Err(()), "{file:?} {text:?} {record:?}");
        }
    }
}

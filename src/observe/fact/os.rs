//! Which operating system: `id-version` of os-release(5).

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

pub(in crate::observe) const SCRIPT: &str = r#"
file=/etc/os-release; [ -r $file ] || file=/usr/lib/os-release
while read -r line; do case $line in
ID=* | ID_LIKE=* | VERSION_ID=*) printf '@mdc os %s\n' "$line" ;;
esac; done <$file
"#;

/// Systems that number their minor releases, and whose minor releases take the same packages.
const MAJOR_ONLY: &[&str] = &["debian", "rhel", "centos", "fedora"];

pub(in crate::observe) fn parse(answer: &Answer<'_>) -> Result<String, Unreadable> {
    let value = |key: &str| {
        answer.all("os").iter().find_map(|line| line.strip_prefix(key)).map(without_quotes)
    };
    let id = value("ID=").ok_or_else(|| odd("os", ""))?;
    let version = value("VERSION_ID=").unwrap_or_default();
    if id.is_empty() || !is_plain(id) || !is_plain(version) {
        return Err(odd("os", &format!("{id} {version}")));
    }
    // Ubuntu is like Debian but counts by year and month, so only the RHEL family is looked up here.
    let like = value("ID_LIKE=").unwrap_or_default();
    let family =
        |name: &&str| *name == id || (*name != "debian" && like.split(' ').any(|l| l == *name));
    let version = if MAJOR_ONLY.iter().any(family) {
        version.split('.').next().unwrap_or_default()
    } else {
        version
    };
    Ok(if version.is_empty() { id.to_owned() } else { format!("{id}-{version}") })
}

fn without_quotes(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// The characters that os-release(5) allows in both fields.
fn is_plain(text: &str) -> bool {
    text.len() <= 40
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

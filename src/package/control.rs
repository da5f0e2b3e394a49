//! The fields of a Debian control file (deb-control(5)).

use super::{Identity, version, word};

/// What the first paragraph of `text` says.
pub(super) fn parse(text: &str) -> Result<Identity, String> {
    let paragraph = || text.lines().take_while(|line| !line.trim().is_empty());
    // Names of fields don't heed upper and lower case; a line that begins with a space goes on with
    // the field before.
    let field = |name: &str| {
        paragraph().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let needed = |name: &str| field(name).ok_or_else(|| format!("it has no field `{name}`"));
    let plain =
        |name: &str| word(needed(name)?).ok_or_else(|| format!("its field `{name}` is not a word"));
    let kib = field("Installed-Size").and_then(|size| size.parse::<u64>().ok()).unwrap_or_default();
    Ok(Identity {
        product_code: None,
        upgrade_code: None,
        name: plain("Package")?,
        version: version(needed("Version")?)?,
        architecture: plain("Architecture")?,
        unpacked: kib.saturating_mul(1024),
    })
}

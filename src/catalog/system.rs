//! Operating systems, as `id-version`.

use super::Format;

/// The systems that `mdc` knows, by the word that people write, and their package format.
pub const SYSTEMS: &[(&str, Format)] = &[
    ("debian", Format::Deb),
    ("ubuntu", Format::Deb),
    ("rocky", Format::Rpm),
    ("rhel", Format::Rpm),
    ("oracle", Format::Rpm),
    ("windows", Format::Msi),
];

impl Format {
    /// The package format of the system `os`, written `id-version` (`debian-12`, `ubuntu-24.04`).
    #[must_use]
    pub fn of_system(os: &str) -> Option<Self> {
        let (id, version) = os.split_once('-')?;
        let numbers = |text: &str| {
            text.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        SYSTEMS
            .iter()
            .find(|(known, _)| *known == id && numbers(version))
            .map(|(_, format)| *format)
    }
}

/// The system `os` as its hosts report it by os-release(5): Oracle Linux calls itself `ol`, and
/// the systems with rpm number their minor versions, which don't count.
#[must_use]
pub fn reported(os: &str) -> String {
    let (id, version) = os.split_once('-').unwrap_or((os, ""));
    match Format::of_system(os) {
        Some(Format::Rpm) => {
            let major = version.split('.').next().unwrap_or(version);
            format!("{}-{major}", if id == "oracle" { "ol" } else { id })
        }
        _ => os.to_owned(),
    }
}

/// The package keys that fit the system `os`, the most exact one first.
#[must_use]
pub fn package_keys(os: &str) -> Option<[String; 3]> {
    let format = Format::of_system(os)?;
    let (id, _) = os.split_once('-')?;
    Some([os.to_owned(), id.to_owned(), format.to_string()])
}

/// Whether `key` fits any system at all.
#[must_use]
pub fn is_package_key(key: &str) -> bool {
    Format::of_system(key).is_some()
        || SYSTEMS.iter().any(|(id, format)| *id == key || format.to_string() == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_a_format() {
        for (os, format) in [
            ("debian-12", Some(Format::Deb)),
            ("ubuntu-24.04", Some(Format::Deb)),
            ("rocky-9", Some(Format::Rpm)),
            ("oracle-9", Some(Format::Rpm)),
            ("windows-2022", Some(Format::Msi)),
            ("debian", None),
            ("debian-", None),
            ("debian-bookworm", None),
            ("debian-12.", None),
            ("Debian-12", None),
            ("solaris-11", None),
        ] {
            assert_eq!(Format::of_system(os), format, "{os}");
        }
    }

    #[test]
    fn systems_are_compared_as_hosts_report_them() {
        for (written, as_reported) in [
            ("oracle-9", "ol-9"),
            ("rocky-9.4", "rocky-9"),
            ("rhel-9", "rhel-9"),
            ("ubuntu-24.04", "ubuntu-24.04"),
            ("debian-12", "debian-12"),
        ] {
            assert_eq!(reported(written), as_reported, "{written}");
        }
    }

    #[test]
    fn package_keys_go_from_exact_to_general() {
        assert_eq!(package_keys("rocky-9"), Some(["rocky-9".into(), "rocky".into(), "rpm".into()]));
        for (key, fits) in [
            ("deb", true),
            ("debian", true),
            ("debian-12", true),
            ("exe", false),
            ("debain-12", false),
        ] {
            assert_eq!(is_package_key(key), fits, "{key}");
        }
    }
}

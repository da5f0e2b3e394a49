//! Packages: one question to the package database, for all components of the host.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::all_quoted;
use crate::catalog::Format;
use crate::observe::answer::{Answer, not_usable, printable};
use crate::observe::{PackageState, Unreadable};
use crate::transport::{Questions, ResourceQuestions};
use crate::value::PackageVersion;

/// Both tools print `NAME STATUS VERSION TIME` lines; rpm knows no status but "installed". The time is in
/// seconds since 1970; a dpkg before 1.19.3 prints none.
const DEB: &str =
    r"dpkg-query -W -f '${Package} ${db:Status-Status} ${Version} ${db-fsys:Last-Modified}\n' --";
const RPM: &str = r"rpm -q --qf '%{NAME} installed %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE} %{INSTALLTIME}\n' --";

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let resources = questions.resources.values().flat_map(ResourceQuestions::packages);
    let beside = questions.also.packages.iter().map(String::as_str);
    let names: BTreeSet<&str> = resources.chain(beside).collect();
    let ask = match questions.format {
        Format::Deb => DEB,
        Format::Rpm => RPM,
        Format::Msi => return String::new(),
    };
    if names.is_empty() {
        return String::new();
    }
    // The exit status is read before `lines`, which has one of its own.
    format!(
        "\npackages=$({ask} {} 2>&1); printf '@mdc packages %s\\n' $?; lines package \"$packages\"\n",
        all_quoted(names)
    )
}

/// Whether the package database answered at all.
pub(in crate::observe) fn check(
    answer: &Answer<'_>,
    questions: &Questions,
) -> Result<(), Unreadable> {
    let tool = match questions.format {
        Format::Deb => "dpkg-query",
        Format::Rpm => "rpm",
        Format::Msi => "reg query",
    };
    match (questions.format, answer.one("packages")?) {
        (_, "127") => Err(Unreadable::new(
            format!("it has no `{tool}`, though the manifest says `{}`", questions.os),
            "set the host's `os` in the manifest to the system that it runs",
        )),
        // dpkg-query(1): 1 is "not all were found", 2 is trouble. rpm(8) counts those not found.
        (Format::Deb, "0" | "1") | (Format::Rpm, _) | (Format::Msi, "0") => Ok(()),
        (_, status) => Err(trouble(answer, tool, status)),
    }
}

fn trouble(answer: &Answer<'_>, tool: &str, status: &str) -> Unreadable {
    let said = answer.all("package").first().map_or_else(String::new, |line| printable(line));
    Unreadable::new(
        format!("`{tool}` ended with status {}: {said}", printable(status)),
        format!("log in, run `{tool}` by hand and repair the package database"),
    )
}

/// The packages besides those of components, as far as they are installed.
pub(in crate::observe) fn beside(
    answer: &Answer<'_>,
    questions: &Questions,
) -> Result<BTreeMap<String, PackageVersion>, Unreadable> {
    let mut found = BTreeMap::new();
    for name in &questions.also.packages {
        if let PackageState::Installed(version) = parse(answer, questions.format, name)? {
            found.insert(name.clone(), version);
        }
    }
    Ok(found)
}

/// The state of a component's package; when it is not there, of the package of another major version.
pub(in crate::observe) fn of(
    answer: &Answer<'_>,
    format: Format,
    asked: &ResourceQuestions,
) -> Result<PackageState, Unreadable> {
    for name in asked.packages() {
        match parse(answer, format, name)? {
            PackageState::Absent => {}
            found => return Ok(found),
        }
    }
    Ok(PackageState::Absent)
}

/// Since when the package of a component is there; none when that isn't told, or is no time.
pub(in crate::observe) fn since(
    answer: &Answer<'_>,
    asked: &ResourceQuestions,
) -> Option<Timestamp> {
    let time = |package: &str| {
        let package = told(package);
        answer.all("package").iter().find_map(|line| {
            let mut words = line.strip_prefix(&*package)?.strip_prefix(' ')?.split(' ');
            (words.next() == Some("installed")).then(|| words.nth(1)?.parse::<i64>().ok())?
        })
    };
    asked.packages().find_map(time).and_then(|second| Timestamp::from_second(second).ok())
}

/// The state of `package`, of which [`check`] found that the database was read.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    format: Format,
    package: &str,
) -> Result<PackageState, Unreadable> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let named = told(package);
    for line in answer.all("package") {
        let mut words = line.split(' ');
        if words.next() == Some(&*named)
            && let (Some(status), version, _, None) =
                (words.next(), words.next(), words.next(), words.next())
            // Left behind by a removal, or never more than a name to dpkg.
            && !matches!(status, "not-installed" | "config-files")
            && let Some(version) = version
        {
            found.push((status, version));
        }
    }
    found.dedup();
    let absent = format!("package {package} is not installed");
    match found.as_slice() {
        // rpm's status doesn't tell a broken database from a missing package; its words do.
        [] if format == Format::Rpm && !answer.all("package").contains(&absent.as_str()) => {
            Err(trouble(answer, "rpm", answer.one("packages")?))
        }
        [] => Ok(PackageState::Absent),
        [("installed", version)] => Ok(PackageState::Installed(parsed(package, version)?)),
        [(status, version)] => Ok(broken(parsed(package, version)?, printable(status))),
        // A dnf that died between installing the new and removing the old leaves both.
        [.., (_, version)] => Ok(broken(parsed(package, version)?, "installed twice".to_owned())),
    }
}

/// A name as it stands in an answer: those of Windows have spaces.
fn told(package: &str) -> Cow<'_, str> {
    if package.contains([' ', '%']) {
        return Cow::Owned(package.replace('%', "%25").replace(' ', "%20"));
    }
    Cow::Borrowed(package)
}

const fn broken(version: PackageVersion, status: String) -> PackageState {
    PackageState::Broken { version, status }
}

fn parsed(package: &str, version: &str) -> Result<PackageVersion, Unreadable> {
    version.parse().map_err(|e| {
        not_usable(format!("package {package} has version `{}`: {e}", printable(version)))
    })
}

//! Which versions of what components run on (Erlang) the host's own repositories offer, by the lists that
//! the host has of them; asked of what is installed only.
//!
//! As for health, questions run beside each other, and each prints one line in one go.

use std::collections::BTreeMap;

use crate::catalog::Format;
use crate::observe::answer::Answer;
use crate::transport::{Questions, quote};
use crate::value::PackageVersion;

/// More than anybody offers of one package.
const MOST: usize = 50;

const DEB: &str = r#"
runtime() { set -- "$1" $(apt-cache madison "$1" | cut -d'|' -f2 | tr -d ' ' | head -n 50); [ $# = 1 ] || printf '@mdc runtime %s\n' "$*"; }
"#;

/// `-C` keeps dnf(8) from loading anything. What has no epoch has epoch 0, which rpm(8) doesn't tell.
const RPM: &str = r#"
runtime() { set -- "$1" $(timeout -s KILL 20 dnf -C -q repoquery --showduplicates --qf '%{evr}
' "$1" </dev/null | sed 's/^0://' | head -n 50); [ $# = 1 ] || printf '@mdc runtime %s\n' "$*"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let functions = match questions.format {
        Format::Deb => DEB,
        Format::Rpm => RPM,
        Format::Msi => return String::new(),
    };
    let asked = questions.also.packages.iter().map(|package| {
        let package = quote(package);
        format!(
            "printf '%s\\n' \"$packages\" | awk -v name={package} '$1 == name && $2 == \"installed\" {{ f = 1 }} \
             END {{ exit !f }}' && runtime {package} &\n"
        )
    });
    let asked: String = asked.collect();
    if asked.is_empty() { asked } else { [functions, &asked].concat() }
}

/// What is offered, newest first as the package manager tells it; what is no version is passed over.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    questions: &Questions,
) -> BTreeMap<String, Vec<PackageVersion>> {
    let asked =
        |line: &&str| line.split(' ').next().is_some_and(|it| questions.also.packages.contains(it));
    let lines = answer.all("runtime").iter().filter(|line| asked(line));
    let told = lines.map(|line| {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        (name, words.take(MOST).filter_map(|word| word.parse().ok()).collect())
    });
    told.collect()
}

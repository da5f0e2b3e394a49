//! What the host's own repositories offer of a version that is to come from there, and what its package
//! manager would need room for. It goes by the lists that the host has; a run loads them anew.
//!
//! As for health, questions run beside each other, and each prints one line in one go.

use std::collections::BTreeMap;

use crate::address::ComponentName;
use crate::catalog::Format;
use crate::observe::answer::{Answer, not_usable, odd, printable};
use crate::observe::{Offer, Unreadable};
use crate::transport::{Questions, quote};

/// A simulation changes nothing and needs no rights (apt-get(8)). Sizes are those of all packages that
/// would be installed, as their descriptions tell them.
const DEB: &str = r#"
offer() {
found=$(apt-cache madison "$2" | cut -d'|' -f2 | tr -d ' ' | grep -E -x -m 1 -e "$3") || { printf '@mdc offer %s missing\n' "$1"; return; }
said=$(timeout -s KILL 20 apt-get --simulate install --no-remove --allow-downgrades "$2=$found" 2>&1 </dev/null); status=$?
if [ $status = 0 ]; then
all=$(printf '%s\n' "$said" | awk '/^Inst / { for (i = 3; i <= NF; i++) if ($i ~ /^\(/) { print $2 "=" substr($i, 2); break } }')
set -- "$1" sizes $(apt-cache show $all | awk '/^Size: / { size += $2 } /^Installed-Size: / { room += $2 } END { printf "%.0f %.0f", size, room * 1024 }')
elif [ $status = 137 ] || [ $status = 124 ]; then set -- "$1" not-asked it gave no answer in 20 seconds
else set -- "$1" refused $(printf '%s\n' "$said" | grep -v -E '^(NOTE|Reading|Building)' | head -c 1000); fi
printf '@mdc offer %s\n' "$*"; }
"#;

/// dnf(8) ends with 1 also when all is well, since `--assumeno` is an answer that aborts; `-C` keeps it from
/// loading anything. It waits for whoever holds the lock of its lists (dnf-makecache.timer does every hour),
/// and dnf 4 asks for root even to say what it would do.
const RPM: &str = r#"
offer() {
said=$(timeout -s KILL 25 dnf -C --assumeno install "$2-$3" 2>&1 </dev/null); status=$?
case $status:$said in
124:*|137:*) set -- "$1" not-asked it gave no answer in 25 seconds: $(printf '%s\n' "$said" | head -c 500) ;;
*'superuser privileges'*|*'Waiting for process'*) set -- "$1" not-asked $(printf '%s\n' "$said" | head -c 500) ;;
*'Operation aborted'*) set -- "$1" sizes $(printf '%s\n' "$said" | awk '
function bytes(number, unit) { return number * (unit ~ /^k/ ? 1024 : unit ~ /^M/ ? 1048576 : unit ~ /^G/ ? 1073741824 : 1) }
/^Total (download )?size: / { size += bytes($(NF - 1), $NF) } /^Installed size: / { room += bytes($(NF - 1), $NF) } END { printf "%.0f %.0f", size, room }') ;;
*'No match for argument'*|*'nable to find a match'*|*'no cache for'*) set -- "$1" missing ;;
*'Nothing to do'*) return ;;
*) set -- "$1" refused $(printf '%s\n' "$said" | head -c 1000) ;;
esac
printf '@mdc offer %s\n' "$*"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    // Is the package there in a version like the pattern?
    let there = |package: &str, pattern: &str| {
        format!(
            "printf '%s\\n' \"$packages\" | awk -v name={} \
             '$1 == name && $2 == \"installed\" {{ print $3 }}' | grep -E -q -x -e {}",
            quote(package),
            quote(pattern)
        )
    };
    let asked = questions.resources.iter().filter_map(|(component, resource)| {
        let (package, version) = (&resource.package, resource.repository.as_ref()?);
        let (there, version) = match questions.format {
            Format::Deb => (there(package, &version.in_debian()), version.in_debian()),
            Format::Rpm => (there(package, &version.in_rpm()), version.to_string()),
            Format::Msi => return None,
        };
        let (package, version) = (quote(package), quote(&version));
        Some(format!("{there} || offer {component} {package} {version} &\n"))
    });
    let asked: String = asked.collect();
    let functions = if questions.format == Format::Deb { DEB } else { RPM };
    if asked.is_empty() { asked } else { [functions, &asked].concat() }
}

/// What is offered of the versions that are not there yet.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    questions: &Questions,
) -> Result<BTreeMap<ComponentName, Offer>, Unreadable> {
    let mut offers = BTreeMap::new();
    for line in answer.all("offer") {
        let (component, said) = line.split_once(' ').ok_or_else(|| odd("offer", line))?;
        let asked = questions.resources.iter().find(|(name, _)| name.as_str() == component);
        let Some((name, Some(_))) = asked.map(|(name, it)| (name, it.repository.as_ref())) else {
            return Err(odd("offer", line));
        };
        let offer = of(said).ok_or_else(|| odd("offer", said))?;
        if offers.insert(name.clone(), offer).is_some() {
            return Err(not_usable(format!("it tells the offer of {name} more than once")));
        }
    }
    Ok(offers)
}

fn of(said: &str) -> Option<Offer> {
    match said.split_once(' ').unwrap_or((said, "")) {
        ("missing", "") => Some(Offer::Missing),
        ("refused", why) => Some(Offer::Refused(printable(why))),
        ("not-asked", why) => Some(Offer::NotAsked(printable(why))),
        ("sizes", sizes) => {
            let (download, unpacked) = sizes.split_once(' ')?;
            Some(Offer::Whole {
                download: download.parse().ok()?,
                unpacked: unpacked.parse().ok()?,
            })
        }
        _ => None,
    }
}

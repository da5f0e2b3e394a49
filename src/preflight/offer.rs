//! Versions from the hosts' own repositories: whether they are there, and can be installed.

use super::{About, Finding};
use crate::desired::Source;
use crate::diagnostic::Code;
use crate::observe::Offer;

pub(super) fn check(about: &About<'_>, found: &mut Vec<Finding>) {
    let changes = about.changes().filter(|(.., change)| change.action.installs());
    for (host, name, change) in changes.filter(|it| it.2.resource.source == Source::Repository) {
        let offer = about.facts(host).and_then(|facts| facts.offers.get(name));
        let what = format!("{} {}", change.resource.package, change.resource.version);
        let finding = match offer {
            None | Some(Offer::Whole { .. }) => continue,
            Some(Offer::Missing) => {
                let says = format!("knows of no {what} in its repositories");
                let help = "bring it into the repository, or load the host's lists anew \
                            (`apt-get update`, `dnf makecache`) and plan again";
                Finding::new(Code::NotOffered, host, says, help)
            }
            Some(Offer::NotAsked(why)) => {
                let says = format!("could not tell whether it would install {what}");
                let help = "plan again when nothing else uses the host's package manager, by a login that \
                            may use it (dnf needs root); a run asks again before it changes anything";
                Finding::new(Code::NotOffered, host, says, help).measured(why.as_str())
            }
            Some(Offer::Refused(why)) => {
                let says = format!("would not install {what} from its repositories");
                let help = "bring what is missing into the repository, then load the host's lists \
                            anew (`apt-get update`, `dnf makecache`) and plan again";
                Finding::new(Code::NotInstallable, host, says, help).measured(why.as_str())
            }
        };
        found.push(finding.of(name));
    }
}

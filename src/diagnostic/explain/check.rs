//! What the checks before anything changes find, and waivers of them.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a check's code, or a waiver's; empty for any other.
    #[expect(clippy::too_many_lines, reason = "a table of texts, one a code")]
    pub(super) fn explain_check(self) -> &'static str {
        match self {
            Self::WaiverCheck => {
                "A waiver names the check that it waives by its code, and only checks whose \
                 finding people may judge can be waived. What would fail anyway (a package of \
                 another architecture, a wrong digest) can't. The message lists the codes."
            }
            Self::WaiverHost => {
                "The waiver is for a host that the manifest doesn't have, so that it would \
                 never apply. Correct the name, or leave `host` out to waive the check on all \
                 hosts."
            }
            Self::WaiverDate => {
                "A waiver holds until a day, so that nobody forgets it. Write it as \
                 `2026-12-31`; it holds to the end of that day in UTC."
            }
            Self::WaiverExpired => {
                "The last day of the waiver is over, so that it waives nothing, and no plan is \
                 made or begun until somebody has decided again. Mend what it was for and take \
                 it out; or, when the decision still stands, set a new day. A run that was \
                 begun before can still be finished or taken back."
            }
            Self::WaiverUnused => {
                "Nothing that the checks found is covered by this waiver: what it was for seems \
                 to be mended. Take it out, so that it can't hide something new."
            }
            Self::Disk => {
                "A file system of the host has too little room for what the plan brings there: \
                 the package, what it unpacks to, the package of the version before that is \
                 kept for the way back, and a reserve (`free-disk` under [preflight]). An \
                 installation that runs out of room stops half-way. Make room; sizes are read \
                 from the packages themselves."
            }
            Self::Memory => {
                "Programs on the host can have less memory than `free-memory` under \
                 [preflight]. Installers and database migrations may be killed for want of it. \
                 Look what takes it before you go on."
            }
            Self::Clock => {
                "The host's clock is farther from those of most others than `clock-skew` under \
                 [preflight]. Logins with time-limited tokens, certificates and the order of \
                 log lines rely on clocks. Set the clock: see `timedatectl` and the time \
                 service on the host."
            }
            Self::Reboot => {
                "The host waits for a reboot: it says so itself (/run/reboot-required), or a \
                 newer kernel than the running one is installed. A reboot in the middle of the \
                 procedure would come as a surprise. Reboot it before, if you can."
            }
            Self::Architecture => {
                "The package is built for machines of another kind than this host. The package \
                 manager would refuse it. Give the release a package for this system, or move \
                 the component to another host."
            }
            Self::Unhealthy => {
                "A component that is to be changed is not healthy already before. After an \
                 upgrade nobody could tell whether the upgrade is at fault, and steps that need \
                 it will not start. Mend it first, unless the upgrade is meant to mend it."
            }
            Self::NeededUnhealthy => {
                "A component is not healthy, or doesn't run, and the plan changes others that need \
                 it before it would mend it, if it changes it at all. Their steps would wait for it \
                 in vain, in the middle of the procedure, and leave the cluster in two versions. \
                 Mend it first. A waiver lets the plan be made: the steps still wait."
            }
            Self::Unseen => {
                "A host can't be read. Whether its components are in the new version, and how much \
                 work they have left, is not known, so that stage 2 is withheld from the plan: it \
                 begins only when stage 1 is seen to be done everywhere and nothing is in progress. \
                 Make the host readable and plan again. A waiver lets stage 2 be planned without \
                 it, as far as nothing else needs what is on it."
            }
            Self::Port => {
                "A component needs another one, which runs, but its port could not be reached \
                 from the host that needs it (not only from the controller). A firewall, a \
                 route or a service that listens on another address may be at fault. Try it on \
                 that host, for instance with `nc -z HOST PORT`."
            }
            Self::CertificateExpired => {
                "A certificate on the host has expired. Clients that check it will refuse the \
                 connection after the restart at the latest. Renew it before the upgrade."
            }
            Self::CertificateExpires => {
                "A certificate on the host expires within `certificates-within` under \
                 [preflight]. Renew it soon; a maintenance window is a good time for it."
            }
            Self::Jump => {
                "The upgrade leaves out a version that has to come between, or goes to another \
                 major version in place, by the rule of the component in the catalog (`jumps`, \
                 `within-major`). The product may refuse to start, or its data may not be \
                 migrated. Go in two plans, with a release between."
            }
            Self::TooOld => {
                "The plan would bring a component to a version that is older than the vendor's \
                 documents ask for (Redis 7.0.5, RabbitMQ 3.13.0). Release a newer one. Where an \
                 older one is known to do, set `minimum-version` under [components.NAME] with what \
                 was tried, or waive the check for a while. That such a version is there and stays \
                 is only a warning (`desired::below-minimum`)."
            }
            Self::DataStay => {
                "A component that keeps data goes from one host and comes to another, and nothing moves its data: it \
                 begins empty there. What needs it would be upgraded against that, and make anew what it misses, so \
                 that the old data could hardly be brought in any more. Move it first, with its data, see that all \
                 works, and upgrade by a plan of its own."
            }
            Self::NoReturn => {
                "The release has an older version of a component than the host, and the catalog (`way-back`) says \
                 that there is no way back for it: an older Redis may not read what a newer one has saved, RabbitMQ \
                 doesn't start on the data of a newer one, PostgreSQL promises nothing. `allow-downgrade` doesn't \
                 change that. Keep the version that is there in the release, or install the older one anew by hand \
                 and restore the backup from before. Where it was tried, waive the check for a while."
            }
            Self::OlderThan => {
                "The release would leave one component older than another that must not be \
                 newer than it: OPSWAT's Control Center has to be at least as new as the \
                 Workers that it directs. Correct the versions in the release; the catalog \
                 holds the rule as `not-older-than`."
            }
            Self::Runtime => {
                "What the component runs on (for RabbitMQ: Erlang) has a version that doesn't \
                 fit the version that is to be installed. It would not start. Bring the runtime \
                 to a version that fits before, or into the host's repositories: what is offered there and \
                 fits comes along with the change, in the same transaction of the package manager."
            }
            Self::RuntimeUnknown => {
                "What the component runs on (for RabbitMQ: Erlang) could not be judged: the host has no package of a \
                 name that the catalog knows, or the catalog has no row for the version that is to be installed. One \
                 that doesn't fit doesn't start. See on the host which one there is (`erl`, or the package manager), \
                 look both up in the vendor's table, and write what you find as `runtime` under [components.NAME]."
            }
            Self::NotInstallable => {
                "The host's repositories have the version, and its own package manager, asked to \
                 work the installation out, says that it would not install it: something that it \
                 depends on is missing, is held back, or would have to go for it. Bring what is \
                 missing into the repository, or release the hold. Its lists may be old: load \
                 them anew on the host (`apt-get update`, `dnf makecache`) and plan again."
            }
            Self::NotOffered => {
                "The version is to come from the host's own repositories, and the lists that the \
                 host has of them don't name it. They may be old: a run loads them anew before \
                 it changes anything, and stops there when the version is still missing. Load \
                 them on the host (`apt-get update`, `dnf makecache`) and plan again to know it \
                 before; or bring the version into the repository. The same is said when the host's package \
                 manager could not be asked: something else used it meanwhile, or the login has no right to."
            }
            _ => "",
        }
    }
}

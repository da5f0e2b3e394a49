//! How a change goes over hosts and what has to be so before stage 2.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about gates or rolling; empty for any other.
    pub(super) fn explain_gate(self) -> &'static str {
        match self {
            Self::GateHost => {
                "A gate belongs to a component of the manifest and is asked on a host: evidence of a backup \
                 is looked for where the backup is kept, and what people confirm is verified where it \
                 can be seen. That is the first host of the component unless `host` names another one, \
                 which has to be in the manifest too."
            }
            Self::GatePattern => {
                "The files of a backup are named by a pattern that the host's shell expands, such as \
                 `/var/backups/postgresql/*.dump`. It is given to the shell without quotes, so that \
                 its wildcards count; therefore it may hold plain characters only."
            }
            Self::GateIdle => {
                "`[gates.idle]` has the cluster say `samples` times in a row, each `every` after the one before, \
                 that nothing is left to do, and gives up after `within`. When so many looks take longer than \
                 that, the run would stop before stage 2 however idle the cluster is."
            }
            Self::GateTake => {
                "`take` asks mdc to take a backup itself. For PostgreSQL, RabbitMQ and Redis the catalog \
                 has the command (`backup-by`), which runs on a host of the component. Everything else, \
                 such as the files and the metadata of File Storage, is kept where no page of the vendor \
                 says: write the command as `take-by`."
            }
            Self::BadWindow => {
                "A window has a time zone by its name in the IANA database, hours (`Sat 22:00-04:00`, \
                 `daily 01:00-03:00`, `2026-12-05 20:00-23:30`) and, if there are any, days on which \
                 it is closed all the same. Hours that end before they begin end on the day after. \
                 When clocks are set in between, the window is as long as the hours really are."
            }
            Self::DrainBlind => {
                "An instance that is drained gets no new work and is changed when it has finished its \
                 own. That is seen by the component's `idle`, a command line on its host that prints \
                 how much is still to be done. Without it the instance would be changed in the middle \
                 of its work."
            }
            Self::Replicas => {
                "`replicas` of File Storage is how its group is configured: how many copies of a file there \
                 have to be, and how many there are at most. There can't be more of them than hosts. With a \
                 minimum above 1 and a larger maximum the group bridges the absence of a host, and as many \
                 stay healthy as the minimum says; otherwise the plan tells what stops meanwhile."
            }
            Self::AtOnce => {
                "`at-once` says how many hosts of a component change together. In stage 2 that is always one, and \
                 a cluster has only one of some components, so that a larger number says something that doesn't \
                 happen."
            }
            Self::TooManyHealthy => {
                "`rolling.min-healthy` says how many hosts of the component stay healthy while others change. There \
                 are not so many, so that none of them could ever be changed. A part such as `\"75%\"` grows with \
                 the cluster."
            }
            Self::Tolerate => {
                "`on-failure.tolerate` lets a change go on over the other hosts when some have failed, since the \
                 others do their work meanwhile. A component of stage 2, and one that a single host has, has no \
                 others: everything after it would go on without it, and its health would be counted as good \
                 with none healthy. Take `tolerate` out; `retries` stays allowed."
            }
            Self::NoLabel => {
                "`rolling.per` names a label of hosts, such as `zone`: those with one value of it are \
                 finished before those with the next begin. A host without the label would belong to \
                 a zone of its own without anybody having said so. Give it the label, in `[hosts]` or \
                 in `[defaults]`."
            }
            Self::Relay => {
                "`[copying.relays.SITE]` names the one host of a site that package files are copied to and \
                 that gives them to the others. It does so by its own SSH server, so it has to be a Linux \
                 host that is reached by SSH, and to have the site's label itself (`labels = { site = \
                 \"north\" }`; `[copying] label` names another one). Windows hosts get their files from \
                 the controller; a site with them says so by `otherwise = \"controller\"`. See \
                 docs/copying.md."
            }
            _ => "",
        }
    }
}

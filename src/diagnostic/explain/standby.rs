//! Hot backup of MD Core that can't be planned.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about hot backup; empty for any other.
    pub(super) fn explain_standby(self) -> &'static str {
        match self {
            Self::BadStandby => {
                "`[standby]` names the standalone MD Core instances that stand by for one another: each is a \
                 host with `md-core`, has a `role` (`production`, `backup` or `unlicensed`), and a backup \
                 says by `of` for which production instance, where there are several. Online instances need \
                 an `activation-key`; offline ones the `license.yml` of their production instance. Both are \
                 references to where they are read when they are needed (docs/standby.md)."
            }
            Self::StandbyInCluster => {
                "The vendor describes hot backup for standalone MD Core instances. Whether one may be used \
                 inside of a MetaDefender Cluster, where Workers deploy the instances and Control Center \
                 keeps their licences, is not documented, so that mdc refuses it. Write a manifest of their \
                 own for standalone instances; or, when the vendor has told you that it works, write \
                 `allow-in-cluster = true` under `[standby]`."
            }
            Self::ForbiddenMove => {
                "The vendor allows only some moves between the parts that an MD Core instance plays by its \
                 licence: a running production instance is never registered as a backup (deactivate it \
                 first), a backup is never activated (nominate it; or unregister it, then activate it), and \
                 one that was registered offline is never nominated (deactivate the production instance, \
                 unregister the backup, then activate it). `mdc plan` finds the way that is allowed."
            }
            _ => "",
        }
    }
}

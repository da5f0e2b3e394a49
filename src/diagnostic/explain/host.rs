//! What is kept on hosts, and what is taken away from them.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about files and removals; empty for any other.
    pub(super) fn explain_host(self) -> &'static str {
        match self {
            Self::SingletonTwice => {
                "The component exists at most once in a cluster: two of them would work on the same \
                 data without knowing of each other. Keep it on one host. If your version supports \
                 several, write `singleton = false` under `[components.NAME]`."
            }
            Self::RemovedAndPlaced => {
                "A host's `components` are what runs there, its `removed` what is taken away where it \
                 still is. A component can't be in both. To move it, write it under `components` of \
                 its new host and under `removed` of its old one."
            }
            Self::RemovedByOthers => {
                "Components whose `driver` is `manual` or `control-center` are changed by people or by \
                 Control Center. Removing their packages behind the back of Control Center would leave \
                 it with an instance that it can't find. Remove it there."
            }
            Self::Durations => {
                "Forecasts rest on what steps took before, where files of `forecast.durations` tell it: \
                 this cluster's own, or those of its staging. `mdc history --durations > FILE` writes one \
                 from the journals of a cluster. Take the file out of the manifest, or write it anew; \
                 without it the catalog's durations hold."
            }
            Self::File => {
                "A file that is kept on the hosts of a component (`files` of the component, in the \
                 catalog or the manifest) is a handlebars template. It can use what the component's \
                 `values` and `secrets` give, `ports`, `host`, `cluster`, `version`, and where other \
                 components are (`at.NAME.address`, `all.NAME`), and nothing else, so that a \
                 misspelt name is found here and not on a host. Passwords and keys go to `secrets`, \
                 which name where they are read when the file is written: plans and records hold \
                 `<secret:NAME>` only."
            }
            Self::Untested => {
                "The version is newer than any that the vendor is known to ship or to list. It \
                 may work; nobody has said so. Try it in staging first, or raise `tested-below` \
                 of the component in the manifest once you have."
            }
            Self::BadPath => {
                "A path on a host is absolute (it begins with `/`) and has no `..` and no \
                 control characters. Relative paths would mean something else for each login."
            }
            _ => "",
        }
    }
}

//! What rehearsals show.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code of evidence; empty for any other.
    pub(super) fn explain_evidence(self) -> &'static str {
        match self {
            Self::EvidenceRuleChanged => {
                "A plan holds the rule of rehearsals under which it was made: who may sign evidence, how \
                 old it may be, whether simulated hosts count. That is part of what was reviewed, and \
                 the manifest or the file of signers says something else now. Make the plan again, and \
                 have it reviewed."
            }
            Self::EvidenceMissing => {
                "The manifest's [rehearsal] asks that each change was done before on another cluster: the \
                 same component between the same versions, by the same package file and commands of \
                 the same shape, in a run that came to its end. The message names the change and what \
                 comes closest. Rehearse it with `mdc rehearse`, and put the signed evidence into the \
                 folder. In an emergency, `mdc apply --without-evidence REASON` goes on without; the \
                 reason is in the journal, in `mdc report`, and in every plan that is made later."
            }
            Self::EvidenceRefused => {
                "A file in the folder of evidence doesn't count: it was changed, is not signed by somebody \
                 who may, is older than the manifest's [rehearsal] allows, was done on simulated hosts, \
                 or its run did not come to its end. It is passed over, and whatever else is there is \
                 counted. Remove it, or rehearse again."
            }
            _ => "",
        }
    }
}

//! What people sign: approvals and snapshots.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code of signatures; empty for any other.
    pub(super) fn explain_signature(self) -> &'static str {
        match self {
            Self::SignersFile => {
                "The file of those who may sign has the form of ssh-keygen(1), ALLOWED SIGNERS: a line \
                 `name [options] keytype key` for each key. A line that mdc can't use is refused with \
                 the whole file, since passing it over could let somebody in or leave somebody out \
                 unnoticed. Not supported are patterns for names (people are counted), certificates, \
                 and times without a Z (they would mean another moment on each controller)."
            }
            Self::ApprovalRule => {
                "The manifest's [approvals] asks for more people than its file of signers has, so no \
                 plan could ever be approved. People are counted, not keys: lines with a common name or \
                 a common key are one person's."
            }
            Self::ApprovalRuleChanged => {
                "A plan holds the rule under which it was made: how many have to approve, and the \
                 digest of the file that says who may. That is part of what was reviewed. The manifest \
                 or that file says something else now, so that somebody could approve whom no reviewer \
                 has seen. Make the plan again, have it reviewed and approved."
            }
            Self::ApprovalMissing => {
                "The manifest's [approvals] asks for the approval of so many different people before a \
                 plan touches a host, and fewer have signed this one. Approve it with `mdc approve \
                 PLAN.json --key KEY`, and give the folder PLAN.approvals along with the plan. A plan \
                 that is made on the fly can't have been approved: save it with `mdc plan -o PLAN.json` \
                 first. In an emergency, `mdc apply --without-approval REASON` goes on without; the \
                 reason is in the journal and in `mdc report`."
            }
            Self::ApprovalRefused => {
                "A file beside the plan is not an approval that counts: it was changed, stands for \
                 another plan or an older one of the same name, or is signed by a key that may not \
                 approve (any more). It is passed over, and whatever else is there is counted. Remove \
                 it, or have that person approve again with `mdc approve`."
            }
            Self::SnapshotSignature => {
                "The manifest's [snapshots] says who may sign snapshots, so a snapshot is used only with \
                 a good signature by one of them, in a file beside it whose name ends in `.sig`. \
                 Otherwise a plan could rest on facts that somebody has made up. Make a new one with \
                 `mdc observe -o FILE --sign KEY`, or sign this one with `ssh-keygen -Y sign -n \
                 mdc.snapshot -f KEY FILE`."
            }
            Self::SnapshotAge => {
                "The manifest's [snapshots] says how old a snapshot may be, and this one is older, or is \
                 of a time that has not come yet by this controller's clock. The hosts may have changed \
                 since. Make a new one with `mdc observe -o FILE`; if it is of the future, set the \
                 clocks."
            }
            _ => self.explain_evidence(),
        }
    }
}

//! What a command could not do.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code of commands; empty for any other.
    #[expect(clippy::too_many_lines, reason = "a table of texts, one a code")]
    pub(super) fn explain_command(self) -> &'static str {
        match self {
            Self::Usage => {
                "The command line is none that mdc knows: an option that isn't there, a value that doesn't \
                 fit, or something missing. Nothing was done. The message says which word, and \
                 `mdc COMMAND --help` lists what the command takes."
            }
            Self::UnknownName => {
                "A name was given that nothing has: a host, a component, a step, a run, a \
                 notice or a code. Nothing was done, since mdc does not guess. The message says \
                 what the name was looked up in; the line below it names what there is, or the \
                 command that lists it."
            }
            Self::Ambiguous => {
                "The beginning of a name was given, and several things begin with it. Nothing \
                 was done, since mdc does not choose among them. Write more of the name; the \
                 message lists those that fit."
            }
            Self::Unfit => {
                "An argument has a form that the command can't use as it is. Nothing was done. \
                 The message says what is wrong with it, and the line below it how it is \
                 written."
            }
            Self::NoTerminal => {
                "The command asks before it does something, and there is no terminal to ask on, \
                 as in a pipe or a CI job. Nothing was done. Read what would be done first, \
                 then give `--yes`: it says that somebody has read it."
            }
            Self::Interrupted => {
                "Somebody has ended the command, or a part of it, before it was done. The \
                 message says whether hosts were touched; where they were, `mdc status` tells \
                 what is unfinished, and `mdc resume` goes on."
            }
            Self::Output => {
                "The system did not let mdc write to its standard output, or listen to signals \
                 such as Ctrl-C. A run that can't be stopped, or whose answer can't be written, is \
                 not begun. See where the output goes: a full disk is the usual cause. A reader that \
                 leaves early, such as `head`, is none."
            }
            Self::Defect => {
                "Something happened that can't happen if mdc is right: it is a defect of mdc \
                 and no mistake of yours. Nothing was changed by it. Please report it with the \
                 command, the version (`mdc --version`) and the message."
            }
            Self::SettingMissing => {
                "The command needs something that only the manifest can say, and it is not \
                 there. Nothing was done. The line below the message names the table and the \
                 keys to write; `docs/manifest.md` has them all."
            }
            Self::FileUnusable => {
                "A file or folder that the command was given, or that it has to write, can't be \
                 used: it isn't there, the rights don't suffice, the disk is full, or its \
                 content is none that fits. The message has the path and what the system said. \
                 Nothing on any host was changed by it."
            }
            Self::FileOutdated => {
                "A file in your repository is made by `mdc generate`, and this mdc makes \
                 another one. So an editor or a check would go by old rules. Generate it anew \
                 with the same mdc as everybody uses, look at the difference, and commit it."
            }
            Self::Unreachable => {
                "A host or an instance that has to be asked for this can't be. mdc does not go \
                 on by guessing what it would have said, and nothing was changed. `mdc doctor \
                 HOST` looks at the way there step by step and says what to change."
            }
            Self::EmitUnfit => {
                "The plan can't be carried out by hand as it is: it holds something that no \
                 script can, or its package files aren't found. The message names the step. \
                 `mdc apply` carries the whole plan out; docs/emit.md tells what scripts are \
                 made for."
            }
            Self::EmitTemplate => {
                "A template for the runbook or for scripts can't be filled in: it isn't one of \
                 those, or names a variable that there isn't. `mdc emit --print-template \
                 NAME` prints the one that comes with mdc, and docs/emit.md lists the \
                 variables."
            }
            Self::EmitFolder => {
                "The folder has something in it that an earlier `mdc emit` has not written, or \
                 that was changed since. Scripts that belong to different plans must not lie \
                 beside each other, and nothing of yours is deleted. Name a new folder, or \
                 empty this one."
            }
            Self::NotSigned => {
                "OpenSSH's ssh-keygen has not made the signature: it isn't there, the key can't \
                 be used, or the agent refused. What it said stands above. Sign with an \
                 ed25519, ecdsa or rsa key, or a hardware key; `--key` takes a private key, or \
                 the .pub file of one that an agent has."
            }
            Self::NotApprover => {
                "The key belongs to nobody whom the manifest's file of signers lets approve \
                 this plan. An approval that counts for nothing isn't written. Sign with a key \
                 that is in the file, or have yours added there: then plan again, since the \
                 plan holds the digest of that file."
            }
            Self::NothingToApprove => {
                "The plan has no change in that stage, so that there is nothing to approve. \
                 `mdc show` tells what it does. Without `--stage` all that it has is approved."
            }
            Self::PolicyRules => {
                "The rules can't be asked: they are not Rego, name something that isn't there, \
                 or take too long. Nothing is said of the plan by that, neither that it is \
                 allowed nor that it is refused. The message has the file and the line; \
                 docs/review.md says what is evaluated."
            }
            Self::TwinUnusable => {
                "The simulated twin of the cluster lives in a folder for temporary files, and \
                 that can't be used. No host was touched. Make room there, or name another \
                 folder in TMPDIR, then rehearse again."
            }
            Self::EvidenceOther => {
                "Evidence tells what was rehearsed under which manifest, release and catalog, \
                 and one of them has changed since the run. So it would tell of what they say \
                 now. Nothing was written. Put them back as they were in the run, or rehearse \
                 again."
            }
            _ => "",
        }
    }
}

//! Signatures of people over texts and files, in the format of `ssh-keygen -Y sign` (SSHSIG,
//! OpenSSH's PROTOCOL.sshsig), so that people sign with the keys, agents and hardware that they have.
//!
//! Who may sign stands in a file of OpenSSH's form (ssh-keygen(1), ALLOWED SIGNERS). What of that form
//! isn't supported is refused with its place, never passed over: see [`Signers`].
//!
//! A signature is made for one namespace, and holds for no other. Ours are [`PLAN`], [`SNAPSHOT`] and
//! [`EVIDENCE`].

mod folder;
mod line;
mod moment;
mod pattern;
mod signers;
mod verify;

pub use folder::{File, read};
pub use signers::{Signer, Signers};
pub use verify::{LARGEST, Signature, Signed, Unsigned};

/// The namespace of approvals: signatures over what a person says of a plan.
pub const PLAN: &str = "mdc.plan";
/// The namespace of signatures over the bytes of a snapshot's file.
pub const SNAPSHOT: &str = "mdc.snapshot";
/// The namespace of signatures over the bytes of a file of evidence.
pub const EVIDENCE: &str = "mdc.evidence";

#[cfg(test)]
mod tests;

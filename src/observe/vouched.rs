//! Which snapshots a manifest lets plans be made from: signed by somebody whom it names, and not too
//! old.

use camino::Utf8Path;
use jiff::{SignedDuration, Timestamp};

use super::Snapshot;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::signature::{SNAPSHOT, Signature, Signers};

/// How far in the future a snapshot may be: clocks of controllers differ a little.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Checks that `bytes`, the content of the snapshot at `path`, are signed by one of `signers`, at the
/// time `at`. `signature`: what lies beside the file, if anything does.
///
/// # Errors
/// Why they are not.
pub fn signed(
    manifest: &Manifest,
    signers: &Signers,
    (path, bytes, signature): (&Utf8Path, &[u8], Option<&[u8]>),
    at: Timestamp,
) -> Result<String, Box<Diagnostic>> {
    let signed = match signature {
        None => Err(format!("there is no {path}.sig beside it")),
        Some(signature) => Signature::parse(signature)
            .and_then(|signature| signature.by(signers, (bytes, SNAPSHOT), at))
            .map_err(|error| error.to_string()),
    };
    signed.map(|signed| signed.person).map_err(|why| {
        let what = format!("the snapshot `{path}` has no signature that counts: {why}");
        let asked = manifest.snapshots.signers.as_ref().map(|signers| signers.span.clone());
        let help = format!(
            "make a new one with `mdc observe -o {path} --sign KEY`, or have one of those sign it"
        );
        Box::new(labelled(Code::SnapshotSignature, manifest, what, asked).help(help))
    })
}

/// Checks that `snapshot`, from the file at `path`, is not too old at the time `at`.
///
/// # Errors
/// When it is, or is of a time that has not come yet.
pub fn fresh(
    manifest: &Manifest,
    (path, snapshot): (&Utf8Path, &Snapshot),
    at: Timestamp,
) -> Result<(), Box<Diagnostic>> {
    let Some(bound) = &manifest.snapshots.max_age else { return Ok(()) };
    let age = at.duration_since(snapshot.taken);
    let what = if age < -AHEAD {
        format!("the snapshot `{path}` is of {}, which has not come yet", snapshot.taken)
    } else if age.unsigned_abs() > bound.duration() && age.is_positive() {
        format!("the snapshot `{path}` is of {}, older than {}", snapshot.taken, bound.value)
    } else {
        return Ok(());
    };
    let help = format!("make a new one with `mdc observe -o {path}`");
    let asked = Some(bound.span.clone());
    Err(Box::new(labelled(Code::SnapshotAge, manifest, what, asked).help(help)))
}

fn labelled(
    code: Code,
    manifest: &Manifest,
    what: String,
    asked: Option<crate::source::Span>,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, what);
    match asked {
        Some(span) => diagnostic.at(Label::new(&manifest.source, span, "asked for here")),
        None => diagnostic,
    }
}

//! Whether the secrets in managed files are still what they should be. A host tells them apart by
//! fingerprints, which are compared here and go no further.

use std::collections::BTreeMap;

use super::{FileContent, FileState, HostState, Observed, SecretState};
use crate::address::Address;
use crate::desired::{Desired, ManagedFile};
use crate::value::{Secret, SecretError, SecretReference};

/// Compares the secrets of all managed files with those that `secret` gives, each asked for once. Those
/// that can't be had are told, and stay uncompared.
pub fn compare_secrets(
    observed: &mut Observed,
    desired: &Desired,
    secret: &dyn Fn(&SecretReference) -> Result<Secret, SecretError>,
) -> Vec<SecretError> {
    let mut known: BTreeMap<String, Option<Secret>> = BTreeMap::new();
    let mut missing = Vec::new();
    for (host, state) in &mut observed.hosts {
        let HostState::Known(facts) = state else { continue };
        for (component, facts) in &mut facts.components {
            let files = desired.files.get(&Address::new(host.clone(), component.clone()));
            for (name, state) in &mut facts.files {
                let FileState::There(there) = state else { continue };
                let file = files.and_then(|files| files.iter().find(|it| it.name == *name));
                judge(there, file, &mut |reference| {
                    let had = known
                        .entry(format!("{reference:?}"))
                        .or_insert_with(|| secret(reference).map_err(|why| missing.push(why)).ok());
                    had.as_ref().map(|had| had.expose().to_owned()).map(Secret::new)
                });
            }
        }
    }
    missing
}

fn judge(
    there: &mut FileContent,
    file: Option<&ManagedFile>,
    secret: &mut dyn FnMut(&SecretReference) -> Option<Secret>,
) {
    for (name, state) in &mut there.secrets {
        let SecretState::Fingerprint(fingerprint) = state else { continue };
        let reference = file.and_then(|file| file.secrets.get(name));
        let same = reference.and_then(&mut *secret).map(|it| it.has_fingerprint(fingerprint));
        *state = match same {
            Some(true) => SecretState::Same,
            Some(false) => SecretState::Differs,
            None => SecretState::NotCompared,
        };
    }
}

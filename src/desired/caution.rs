//! What is trusted without proof, so that every plan tells it.

use crate::manifest::{Connection, Manifest, TlsTrust};

/// One sentence for each connection whose hosts are not proven to be themselves.
pub(super) fn cautions(manifest: &Manifest) -> Vec<String> {
    let ways = manifest.connections.iter().filter(|(name, connection)| {
        let is_used = manifest.hosts.values().any(|host| host.connection == **name);
        let Connection::Winrm(settings) = connection else { return false };
        is_used && settings.https && settings.trust == TlsTrust::Anyone
    });
    ways.map(|(name, _)| {
        format!(
            "the connection {name} takes any certificate (`unverified = true`): hosts reached by it are \
             not proven to be themselves"
        )
    })
    .collect()
}

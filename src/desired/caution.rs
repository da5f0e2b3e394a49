//! What is trusted without proof, so that every plan tells it.

use crate::diagnostic::{Code, Remark};
use crate::manifest::{Connection, Manifest, TlsTrust};

/// One sentence for each connection whose hosts are not proven to be themselves, and for each by which hosts
/// reach this machine.
pub(super) fn cautions(manifest: &Manifest) -> Vec<Remark> {
    [unproven(manifest), pulled(manifest)].concat()
}

fn pulled(manifest: &Manifest) -> Vec<Remark> {
    let ways = manifest.connections.iter().filter(|(name, connection)| {
        let is_used = manifest.hosts.values().any(|host| host.connection == **name);
        matches!(connection, Connection::Winrm(settings) if is_used && settings.pull.is_some())
    });
    ways.map(|(name, _)| {
        Code::PullFromHere.said(format!(
            "hosts of the connection {name} fetch package files from the machine that runs mdc, by HTTPS \
             (`transfer = \"pull\"`): its firewall has to let them in; a host that can't is sent them as \
             usual, and that is told"
        ))
    })
    .collect()
}

fn unproven(manifest: &Manifest) -> Vec<Remark> {
    let ways = manifest.connections.iter().filter(|(name, connection)| {
        let is_used = manifest.hosts.values().any(|host| host.connection == **name);
        let Connection::Winrm(settings) = connection else { return false };
        is_used && settings.https && settings.trust == TlsTrust::Anyone
    });
    ways.map(|(name, _)| {
        Code::WinrmUnverified.said(format!(
            "the connection {name} takes any certificate (`unverified = true`): hosts reached by it are \
             not proven to be themselves"
        ))
    })
    .collect()
}

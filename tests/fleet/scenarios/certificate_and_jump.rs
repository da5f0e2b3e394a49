//! Ways in: certificates of host and user on a second port, and a host reached through another.

use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let storage = fleet.address("storage-01");
    let connections = format!(
        r#"
[connections.certified.ssh]
user = "ops"
port = 2222
key = "id_certified"
certificate = "id_certified-cert.pub"
known-hosts = "known_hosts"

[connections.through-storage.ssh]
user = "ops"
key = "id"
known-hosts = "known_hosts"
jump = ["ops@{storage}"]
"#
    );
    let release = Release::b(&fleet.site);
    let site = Site::with_manifest(fleet, &release, |manifest| {
        let by = |manifest: String, host: &str, connection: &str| {
            let table = format!("[hosts.{host}]\n");
            manifest.replace(&table, &format!("{table}connection = \"{connection}\"\n"))
        };
        let manifest = by(manifest, "storage-01", "certified");
        by(manifest, "exec-01", "through-storage") + &connections
    });
    site.mdc(&["observe"]).ends(0).tells(&["storage-01", "exec-01"]);

    // The hosts tell how they were reached.
    let logins = "sudo journalctl -b -o cat _COMM=sshd | grep Accepted";
    let at_storage = fleet.ask("storage-01", logins);
    assert!(at_storage.contains("ED25519-CERT"), "{at_storage}");
    let at_execution = fleet.ask("exec-01", logins);
    let through = format!("for ops from {storage} port");
    assert!(at_execution.contains(&through), "{at_execution}");

    // Without the certificate of the host, the same server is a stranger.
    let known = std::fs::read_to_string(fleet.site.join("known_hosts")).unwrap();
    let known: Vec<&str> =
        known.lines().filter(|line| !line.starts_with("@cert-authority")).collect();
    std::fs::remove_file(site.path("known_hosts")).unwrap();
    std::fs::write(site.path("known_hosts"), known.join("\n") + "\n").unwrap();
    site.mdc(&["observe"]).ends(1).tells(&["unknown storage-01", "read exec-01"]);
}

//! Managed files on real hosts: written with a secret, compared without reading it, set right after an operator's edit, brought back, and there before a first start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const SECRET: &str = "s3cret-\"quoted\"-canary";
const UNIT: &str = "md-cluster-identity-service";
const FILE: &str = "/etc/opswat/private/identity.yml";
const OPEN: &str = "/etc/md-cluster/extra.conf";

const MORE: &str = r#"
[components.identity-service]
values = { level = "info", database-user = "identity" }

[components.identity-service.secrets]
database-password = { file = "password" }
connection-key = { file = "password" }
private-key = { file = "password" }
certificate = { file = "password" }

[components.identity-service.files.settings]
path = "/etc/opswat/private/identity.yml"
mode = "0640"
content = """
level: {{values.level}}
password: {{json secrets.database-password}}
"""

[components.identity-service.files.ignition]
write = "on-install"

[components.md-core.files.extra]
path = "/etc/md-cluster/extra.conf"
mode = "0644"
content = "workers={{#each all.worker}}{{this}};{{/each}}\n"
"#;

pub(crate) fn run(fleet: &Fleet) {
    fleet.inside("identity-01", "mkdir -p -m 700 /etc/opswat/private");
    fleet.inside("exec-02", &format!("echo by-hand >{OPEN}"));
    let site =
        Site::with_manifest(fleet, &Release::moving(&fleet.site, &[]), |manifest| manifest + MORE);
    fs::write(site.path("password"), SECRET).unwrap();
    fs::set_permissions(site.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
    written(fleet, &site);
    edited(fleet, &site);
    taken_back(fleet, &site);
    installed(fleet, &site);
}

/// What identifies a run of the service.
fn invocation(fleet: &Fleet) -> String {
    fleet.ask("identity-01", &format!("systemctl show -P InvocationID {UNIT}"))
}

fn content(fleet: &Fleet, level: &str) {
    let said = fleet.ask("identity-01", &format!("sudo stat -c '%a %U' {FILE}; sudo cat {FILE}"));
    let secret = SECRET.replace('"', "\\\"");
    assert_eq!(said, format!("640 root\nlevel: {level}\npassword: \"{secret}\""));
}

fn written(fleet: &Fleet, site: &Site) {
    let before = invocation(fleet);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&[
        "identity.yml isn't there",
        "+password: \"<secret:database-password>\"",
        "-by-hand",
        "+workers=",
        "Complete. Of ",
    ]);
    content(fleet, "info");
    let open = fleet.ask("exec-02", &format!("cat {OPEN}"));
    assert_eq!(open, "workers=10.213.1.5;10.213.1.6;");
    let after = invocation(fleet);
    assert_ne!(before, after);
    site.is_as_desired();
    // Nothing of the ignition file: the service was there before.
    fleet.ask("identity-01", "test ! -e /etc/opswat/mddc_identity_service.yml");
    let journal = site.record("journal.jsonl") + &site.record("plan.json");
    assert!(!journal.contains("s3cret"), "a record holds the secret");
    // Nobody but root sees what tells secrets apart.
    let mode = "sudo stat -c %a:%U /var/lib/mdc-files/identity-service/settings/record";
    assert_eq!(fleet.ask("identity-01", mode), "600:root");
}

fn edited(fleet: &Fleet, site: &Site) {
    fleet.inside("identity-01", &format!("echo 'level: trace' >>{FILE}"));
    fleet.inside("exec-02", &format!("echo more=1 >>{OPEN}"));
    let before = invocation(fleet);
    site.mdc(&["plan", "--detailed-exitcode"]).ends(2).tells(&["-more=1"]);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["identity.yml was changed since mdc wrote it"]);
    content(fleet, "info");
    assert_ne!(before, invocation(fleet));
    site.is_as_desired();
    // The same content again: nothing is restarted for it.
    let before = invocation(fleet);
    fleet.inside("identity-01", &format!("chmod 600 {FILE}"));
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["is 0600 root:root; 0640 root:root is desired"]);
    content(fleet, "info");
    assert_eq!(before, invocation(fleet));
}

fn taken_back(fleet: &Fleet, site: &Site) {
    let manifest = fs::read_to_string(site.path("mdc.toml")).unwrap();
    let changed = manifest.replace("level = \"info\"", "level = \"debug\"");
    fs::write(site.path("mdc.toml"), changed).unwrap();
    site.mdc(&["apply", "--yes"]).ends(0).tells(&["-level: info", "+level: debug"]);
    content(fleet, "debug");
    site.mdc(&["rollback", "--yes"]).ends(0).tells(&["Complete. Of 1 step: 1 done."]);
    content(fleet, "info");
    fs::write(site.path("mdc.toml"), manifest).unwrap();
}

fn installed(fleet: &Fleet, site: &Site) {
    fleet.inside("identity-01", &format!("dpkg --purge {UNIT} && systemctl daemon-reload"));
    site.mdc(&["apply", "--yes"])
        .ends(0)
        .tells(&["write /etc/opswat/mddc_identity_service.yml", "Complete. Of "]);
    on("identity-01", "identity-service").works(fleet, "2.8.0");
    let ignition = "/etc/opswat/mddc_identity_service.yml";
    let said = fleet.ask("identity-01", &format!("sudo cat {ignition}"));
    let secret = SECRET.replace('"', "\\\"");
    assert!(said.contains(&format!("connection_key: \"{secret}\"")), "{said}");
    assert!(said.contains("host: \"10.213.1.1\"") && said.contains("port: 8891"), "{said}");
    let order = format!(
        "[ $(stat -c %Y {ignition}) -le $(date -d \"$(systemctl show -P ExecMainStartTimestamp {UNIT})\" \
         +%s) ] && echo before"
    );
    assert_eq!(fleet.ask("identity-01", &order), "before");
    site.is_as_desired();
}

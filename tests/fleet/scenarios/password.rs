//! A user who logs in by password and whose sudo asks for it; the password is seen nowhere.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const CONNECTION: &str = r#"
[connections.by-password.ssh]
user = "opspw"
password = { file = "password" }
known-hosts = "known_hosts"
sudo = { password = { file = "password" } }
"#;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["identity-service"]);
    let site = Site::with_manifest(fleet, &release, |manifest| {
        manifest
            .replace("[hosts.identity-01]\n", "[hosts.identity-01]\nconnection = \"by-password\"\n")
            + CONNECTION
    });
    let password = fleet.password();
    let mut file = fs::OpenOptions::new();
    let mut file =
        file.write(true).create_new(true).mode(0o600).open(site.path("password")).unwrap();
    writeln!(file, "{password}").unwrap();
    let identity = on("identity-01", "identity-service");
    let mut all_said = String::new();
    let mut does = |arguments: &[&str], status: i32, texts: &[&str]| {
        let said = site.mdc(arguments).ends(status).tells(texts);
        all_said += &(said.out + &said.talk);
    };

    does(&["observe", "--json", "-o", "observed.json"], 0, &["identity-01"]);
    does(&["plan", "-o", "plan.json", "--detail", "commands"], 0, &["identity-service"]);
    does(&["apply", "plan.json", "--yes"], 0, &["Complete."]);
    identity.works(fleet, "2.9.0");
    // The other kind of step: what is stopped is started.
    fleet.ask("identity-01", "sudo systemctl stop md-cluster-identity-service");
    does(&["plan", "-o", "start.json", "--detailed-exitcode"], 2, &["the service is inactive"]);
    // The first run is kept aside, since one run's record is read below.
    fs::rename(site.path(".mdc"), site.path("first")).unwrap();
    does(&["apply", "start.json", "--yes"], 0, &["Complete."]);
    identity.works(fleet, "2.9.0");
    site.is_as_desired();
    let logins = fleet.ask("identity-01", "sudo journalctl -b -o cat _COMM=sshd");
    assert!(logins.contains("Accepted password for opspw "), "{logins}");

    let record = site.record("journal.jsonl") + &site.record("plan.json");
    // As it is, and as it would look within JSON, TOML or a shell's quotes.
    let forms =
        [password.to_owned(), password.replace('\'', r"'\''"), password.replace('$', "\\$")];
    for form in &forms {
        assert!(!all_said.contains(form) && !record.contains(form), "the password was told");
    }
    has_no(&site.path(""), &forms);
}

/// No file that `mdc` left below `folder` holds one of `forms`.
fn has_no(folder: &Path, forms: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Not what was there before: the password's own file, and links into the fleet's folder.
        if path.is_symlink() || path.ends_with("password") {
            continue;
        }
        if path.is_dir() {
            has_no(&path, forms);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!forms.iter().any(|form| text.contains(form)), "{} tells it", path.display());
        }
    }
}

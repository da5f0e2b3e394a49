//! How many copies of a file there are: with enough of them as many hosts stay healthy as are needed, and
//! otherwise the plan tells what stops.

use crate::site::Site;

/// The quickstart with three hosts that store files.
fn site(replicas: &str) -> Site {
    let site = Site::new();
    site.edit(
        "[hosts.storage-01]\naddress = \"10.0.0.12\"",
        "[hosts.\"storage-[01..03]\"]\naddress = \"10.0.0.[62..64]\"",
    );
    let text = std::fs::read_to_string(site.path("mdc.toml")).unwrap();
    let more = format!(
        "\n[components.file-storage]\nreplicas = {replicas}\nlimits = {{ healthy = \"1s\" }}\n"
    );
    std::fs::write(site.path("mdc.toml"), text + &more).unwrap();
    site.mdc(&["observe"]).ended(0);
    site
}

#[test]
fn as_many_stay_healthy_as_files_need() {
    let bridged = site("{ min = 2, max = 3 }");
    let plan = bridged.plan();
    let gates = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["component"] == "file-storage" && step["action"] == "keep-healthy");
    assert_eq!(gates.count(), 3);
    assert!(!plan["warnings"].to_string().contains("file-storage:"), "{}", plan["warnings"]);
    bridged.unhealthy("storage-03", &["md-cluster-file-storage"]);
    let ran = bridged.mdc(&["plan"]).ended(1);
    assert!(ran.said.contains("plan::min-healthy"), "{}", ran.said);
    bridged.mend("storage-03");
    bridged.mdc(&["apply", "--yes"]).ended(0);
    bridged.mdc(&["plan", "--detailed-exitcode"]).ended(0);
}

#[test]
fn what_stops_is_told() {
    for (replicas, words) in [
        ("{ min = 1, max = 1 }", "each file is on one host only"),
        ("{ min = 3, max = 3 }", "nothing can be stored while one changes"),
    ] {
        let ran = site(replicas).mdc(&["plan"]).ended(0);
        ran.tells(&[words, "(plan::few-copies)"]);
    }
}

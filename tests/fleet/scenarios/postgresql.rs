//! PostgreSQL to another major version and back, with its data.

use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let rows = "create table kept as select generate_series(1, 1000) as n";
    postgres(fleet, rows);
    let newest =
        "apt-cache madison postgresql-15 | head -n 1 | cut -d'|' -f2 | tr -d ' ' | sed 's/-.*//'";
    let version = fleet.ask("infra-01", newest);
    let release = Release::moving(&fleet.site, &[]);
    let release = release.by_repository("postgresql", "postgresql-15", &version);
    let site = Site::with_manifest(fleet, &release, |manifest| {
        assert!(manifest.contains("\"postgresql-13\""));
        manifest.replace("\"postgresql-13\"", "\"postgresql-15\"")
    });
    let before = postgres(fleet, "show server_version_num");
    site.mdc(&["plan"]).ends(0).tells(&[
        "the old cluster stays, stopped, for the way back",
        "what was written since the upgrade is in the new cluster alone",
    ]);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&[
        "Complete.",
        "databases with their tables: before and after (postgres 1, template1 0)",
    ]);
    assert!(postgres(fleet, "show server_version_num").starts_with("15"));
    assert_eq!(postgres(fleet, "select count(*) from kept"), "1000");
    let analyzed = "select reltuples from pg_class where relname = 'kept'";
    assert_eq!(postgres(fleet, analyzed), "1000", "there are statistics");
    assert_eq!(clusters(fleet), "13 main 5433 down\n15 main 5432 online");
    site.is_as_desired();

    // The Worker has no way back without a release before, and stays.
    let back = [
        "exec-01/worker stays as it is",
        "Not complete: 1 change not taken back. Of 1 step: 1 done.",
    ];
    site.mdc(&["rollback", "--yes"]).ends(1).tells(&back);
    assert_eq!(postgres(fleet, "show server_version_num"), before);
    assert_eq!(postgres(fleet, "select count(*) from kept"), "1000");
    // What the first upgrade has left is not overwritten.
    site.mdc(&["apply", "--yes"])
        .ends(1)
        .tells(&["there is a cluster 15 main that is not known to be empty"]);
    assert_eq!(postgres(fleet, "show server_version_num"), before);
    fleet.ask("infra-01", "sudo pg_dropcluster 15 main");
    site.mdc(&["resume", "--yes"]).ends(0).tells(&["Complete."]);
    assert_eq!(postgres(fleet, "select count(*) from kept"), "1000");
    site.is_as_desired();

    // Nobody goes back any more.
    site.mdc(&["status"])
        .ends(0)
        .tells(&["postgresql 13 on infra-01: once nobody goes back, mdc finalise drops it"]);
    site.mdc(&["finalise", "--yes"]).ends(0).tells(&["there is no return", "Complete."]);
    assert_eq!(clusters(fleet), "15 main 5432 online");
    assert_eq!(postgres(fleet, "select count(*) from kept"), "1000");
    site.mdc(&["rollback", "--yes"])
        .ends(1)
        .tells(&["has dropped what was kept for the way back", "comes back from a backup only"]);
    site.mdc(&["finalise", "--yes"]).ends(0).tells(&["Nothing is kept for a way back."]);
    site.is_as_desired();
}

fn postgres(fleet: &Fleet, sql: &str) -> String {
    fleet.ask("infra-01", &format!("sudo -u postgres psql -p 5432 -AtXqc \"{sql}\""))
}

fn clusters(fleet: &Fleet) -> String {
    fleet.ask("infra-01", "sudo pg_lsclusters -h | awk '{ print $1, $2, $3, $4 }'")
}

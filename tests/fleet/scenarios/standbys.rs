//! PostgreSQL with two streaming standbys: each changes before their primary, and the next only when the
//! one before it has its primary's data again.

use std::thread;

use super::{INFRA, others_with};
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const ADMITTED: &str = "/etc/postgresql/13/main/pg_hba.conf";

pub(crate) fn run(fleet: &Fleet) {
    replicate(fleet);
    let [primary, first, second] = INFRA;
    let release = Release::moving(&fleet.site, &["postgresql"]);
    let others = others_with(fleet, "postgresql");
    let site = Site::with_manifest(fleet, &release, |manifest| manifest + &others);
    site.mdc(&["plan"]).ends(0).tells(&[
        "infra-01/postgresql is the primary and doesn't hand its role over: the catalog knows no way",
        "what needs it stops while it is changed",
    ]);
    // Whoever streams goes on, and nobody else may begin.
    admits(fleet, false);
    let before = sql(fleet, primary, "show server_version");
    let mut running = site.begin(&["apply", "--yes"]);
    running.says(&["running", first, "see that a standby has its primary's data"]);
    sql(fleet, primary, "insert into kept values (1001)");
    assert_eq!(sql(fleet, first, "select count(*) from kept"), "1000", "it doesn't follow");
    for host in [primary, second] {
        assert_eq!(sql(fleet, host, "show server_version"), before, "{host} waits");
    }
    admits(fleet, true);
    running
        .end()
        .ends(0)
        .tells(&["databases with their tables: before and after (postgres 1, template1 0)"]);
    let journal = site.journal();
    let step = |host: &str| format!("{host}/postgresql/upgrade");
    for [one, next] in [[first, second], [second, primary]] {
        assert!(journal.end(&step(one)).unwrap() < journal.begin(&step(next)).unwrap());
    }
    follow(fleet);
    sql(fleet, primary, "insert into kept values (1002)");
    for (host, is_standby) in [(primary, "f"), (first, "t"), (second, "t")] {
        let version = sql(fleet, host, "show server_version");
        assert_eq!(version.split(' ').next(), Some(release.version("postgresql")), "{host}");
        assert_eq!(sql(fleet, host, "select pg_is_in_recovery()"), is_standby, "{host}");
        let rows = "until [ \"$(sudo -u postgres psql -AtXqc 'select count(*) from kept')\" = 1002 ]; do sleep 0.1; done";
        fleet.ask(host, rows);
    }
    site.is_as_desired();
}

/// infra-01 has two standbys.
fn replicate(fleet: &Fleet) {
    let [primary, standbys @ ..] = INFRA;
    sql(fleet, primary, "alter system set listen_addresses = '*'");
    sql(fleet, primary, "alter system set wal_keep_size = '256MB'");
    sql(fleet, primary, "create role standby replication login");
    admits(fleet, true);
    fleet.ask(primary, "sudo systemctl restart postgresql@13-main");
    sql(fleet, primary, "create table kept as select generate_series(1, 1000) as n");
    let copy = format!(
        "cd /; sudo rm -r /var/lib/postgresql/13/main; \
         sudo -u postgres pg_basebackup -d 'host={} user=standby' -R -c fast -D /var/lib/postgresql/13/main && \
         sudo systemctl enable --now postgresql",
        fleet.address(primary)
    );
    thread::scope(|scope| {
        for host in standbys {
            let copy = &copy;
            scope.spawn(move || fleet.ask(host, copy));
        }
    });
    follow(fleet);
}

/// Whether the primary lets standbys in that come anew.
fn admits(fleet: &Fleet, admits: bool) {
    let ask = format!(
        "sudo sed -i '/standby/d' {ADMITTED}; \
         echo 'host replication standby samenet {}' | sudo tee -a {ADMITTED}",
        if admits { "trust" } else { "reject" }
    );
    fleet.ask(INFRA[0], &ask);
    sql(fleet, INFRA[0], "select pg_reload_conf()");
}

/// Waits until both standbys stream.
fn follow(fleet: &Fleet) {
    let streams = "select count(*) from pg_stat_replication \
                   where state = 'streaming' and application_name <> 'pg_basebackup'";
    let ask = format!(
        "until [ \"$(cd /; sudo -u postgres psql -AtXqc \"{streams}\")\" = 2 ]; do sleep 0.1; done"
    );
    fleet.ask(INFRA[0], &ask);
}

fn sql(fleet: &Fleet, host: &str, sql: &str) -> String {
    fleet.ask(host, &format!("cd /; sudo -u postgres psql -AtXqc \"{sql}\""))
}

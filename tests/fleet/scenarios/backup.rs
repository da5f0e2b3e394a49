//! Backups that `mdc` takes of real servers, read back by other programs, and brought back.

use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const TAKEN: [(&str, &str, &str); 3] =
    [("postgresql", "pg", "sql"), ("redis", "redis", "rdb"), ("rabbitmq", "rabbitmq", "json")];

pub(crate) fn run(fleet: &Fleet) {
    fleet.ask("infra-01", "redis-cli set here before; sudo rabbitmqctl -q add_vhost before");
    let rows = "create table before as select generate_series(1, 77) as n";
    fleet.ask("infra-01", &format!("sudo -u postgres psql -c '{rows}'"));
    let site = Site::with_manifest(fleet, &Release::moving(&fleet.site, &[]), |manifest| {
        // PostgreSQL's of the fleet is a file that somebody has put there.
        let (before, rest) = manifest.split_once("[gates.backup.postgresql]").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        let taken = TAKEN.map(|(component, name, end)| {
            format!(
                "\n[gates.backup.{component}]\nnewest = \"/var/backups/taken/{name}-*.{end}\"\n\
                 max-age = \"1h\"\ntake = \"on-demand\"\n"
            )
        });
        format!("{before}{after}{}", taken.concat())
    });
    site.mdc(&["backup", "--yes"]).ends(0).tells(&["Complete. Of 6 steps: 6 done."]);
    site.mdc(&["report"]).ends(0).tells(&["/var/backups/taken/pg-", "/var/backups/taken/redis-"]);
    let modes = fleet.ask("infra-01", "sudo sh -c 'stat -c %a:%U /var/backups/taken/*' | sort -u");
    assert_eq!(modes.trim(), "600:root");
    brought_back(fleet);
    // A dump that breaks off is none.
    let broken = "sudo sh -c 'truncate -s -200 /var/backups/taken/pg-*.sql'";
    fleet.ask("infra-01", broken);
    site.mdc(&["backup", "--yes", "--component", "postgresql"]).ends(0).tells(&["2 done"]);
    fleet.ask("infra-01", "sudo rm -r /var/backups/taken");
}

/// Everything is lost, and comes back from what was taken.
fn brought_back(fleet: &Fleet) {
    let of = |pattern: &str| {
        let path = fleet.ask("infra-01", &format!("sudo sh -c 'ls /var/backups/taken/{pattern}'"));
        path.trim().to_owned()
    };
    fleet.ask("infra-01", "sudo -u postgres psql -c 'drop table before'");
    fleet.ask("infra-01", &format!("sudo cat {} | sudo -u postgres psql -q", of("pg-*.sql")));
    let rows = fleet.ask("infra-01", "sudo -u postgres psql -AtXqc 'select count(*) from before'");
    assert_eq!(rows.trim(), "77");
    fleet.ask("infra-01", "sudo rabbitmqctl -q delete_vhost before");
    let definitions = of("rabbitmq-*.json");
    fleet.ask(
        "infra-01",
        &format!("sudo install -o rabbitmq {definitions} /tmp/definitions; sudo rabbitmqctl -q import_definitions /tmp/definitions"),
    );
    let hosts = fleet.ask("infra-01", "sudo rabbitmqctl -q list_vhosts");
    assert!(hosts.contains("before"), "{hosts}");
    let dump = of("redis-*.rdb");
    let load = format!(
        "redis-cli set here after; sudo systemctl stop redis-server; \
         sudo install -o redis -g redis {dump} /var/lib/redis/dump.rdb; \
         sudo systemctl start redis-server; \
         until redis-cli ping | grep -q PONG; do :; done; redis-cli get here"
    );
    let here = fleet.ask("infra-01", &load);
    assert_eq!(here.lines().last(), Some("before"), "{here}");
}

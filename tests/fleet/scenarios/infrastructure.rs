//! The infrastructure by its own documents' procedures, with data in it: what is prepared, what is kept,
//! and a loss that is seen.

use crate::hosts::Fleet;
use crate::release::{INFRASTRUCTURE, Release};
use crate::site::Site;

/// On the virtual machines of a real cluster nobody knows it; on the fleet it is this.
const FILES: &str = "/opt/opswat/mdcluster-file-storage";

/// Messages that nobody takes stay in their queue, so that what is left to do is asked of another one.
pub(super) const IDLE: &str = "\n[components.rabbitmq]\nidle = \"echo 0\"\n";

pub(crate) fn run(fleet: &Fleet) {
    fill(fleet);
    let release = Release::moving(&fleet.site, &[&INFRASTRUCTURE[..], &["file-storage"]].concat());
    let site = Site::with_manifest(fleet, &release, |manifest| manifest + IDLE);
    site.mdc(&["plan"])
        .ends(0)
        .tells(&["durable queues with their persistent messages, not fewer than before"]);
    noisy_storage(fleet, true);
    // Redis comes up without its data: nobody would see it from its health.
    forgetful_redis(fleet, true);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade redis on infra-01",
        "5 of `db0` were there, and nothing is told now",
        "before: (db0 5)",
        "now: none",
        "Compared before and after",
        "/ kept 3",
        "users 1",
    ]);
    prepared(fleet);
    forgetful_redis(fleet, false);
    fleet.ask("infra-01", KEYS);
    site.mdc(&["resume", "--yes"]).ends(1).tells(&[
        "Failed: read-logs file-storage on storage-01",
        "storage-01: 1 failed migration, 1 error",
        "migration of schema 41 to 42 failed",
        "ERROR: an index is damaged",
        "keys without a time to live: before and after (db0 5)",
        "databases with their tables: before and after (postgres 1, template1 0)",
        "extensions: before and after (postgres plpgsql, template1 plpgsql)",
        "chosen stored files: before and after (",
        "(20 lines)",
    ]);
    site.mdc(&["resume", "--yes", "--confirm", "file-storage"]).ends(0).tells(&["accepted by"]);
    noisy_storage(fleet, false);
    kept(fleet);
    site.is_as_desired();
    site.mdc(&["report"]).ends(0).tells(&["kept 3", "db0 5", "postgres plpgsql"]);
}

const KEYS: &str = "for key in a b c d e; do redis-cli set $key $key; done";

fn fill(fleet: &Fleet) {
    fleet.ask("infra-01", &format!("{KEYS}; redis-cli set gone soon ex 3600"));
    let rows = "create table kept as select generate_series(1, 1000) as n";
    fleet.ask("infra-01", &format!("sudo -u postgres psql -c '{rows}'"));
    let declare = "rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"kept\">>), true, false, [], none, <<\"tests\">>)";
    let publish = "rabbit_basic:publish(rabbit_misc:r(<<\"/\">>, exchange, <<>>), <<\"kept\">>, [{delivery_mode, 2}], <<\"task\">>)";
    let eval = format!("{declare}, [{publish} || _ <- [1, 2, 3]].");
    fleet.ask("infra-01", &format!("sudo rabbitmqctl -q eval '{eval}'"));
    let file = format!("head -c 5000 /dev/urandom | sudo tee \"{FILES}/files/of $n\" >/dev/null");
    fleet.ask(
        "storage-01",
        &format!("sudo mkdir -p {FILES}/files; for n in $(seq 40); do {file}; done"),
    );
}

fn forgetful_redis(fleet: &Fleet, forgets: bool) {
    let folder = "/etc/systemd/system/redis-server.service.d";
    fleet.ask("infra-01", &if forgets {
        let drop = "[Service]\\nExecStartPre=+/bin/rm -f /var/lib/redis/dump.rdb\\n";
        format!("sudo mkdir -p {folder}; printf '{drop}' | sudo tee {folder}/forget.conf; sudo systemctl daemon-reload")
    } else {
        format!("sudo rm -r {folder}; sudo systemctl daemon-reload")
    });
}

/// File Storage comes up well, and only its log tells that something went wrong.
fn noisy_storage(fleet: &Fleet, is_noisy: bool) {
    let folder = "/etc/systemd/system/md-cluster-file-storage.service.d";
    fleet.ask("storage-01", &if is_noisy {
        let drop = "[Service]\\nExecStartPost=/bin/sh -c \"echo ERROR: an index is damaged; echo migration of schema 41 to 42 failed\"\\n";
        format!("sudo mkdir -p {folder}; printf '{drop}' | sudo tee {folder}/noisy.conf; sudo systemctl daemon-reload")
    } else {
        format!("sudo rm -r {folder}; sudo systemctl daemon-reload")
    });
}

/// What RabbitMQ's upgrade guide asks for was done before its upgrade.
fn prepared(fleet: &Fleet) {
    let ask = "sudo stat -c '%a %U' /var/backups/mdc/rabbitmq-definitions.json; \
               sudo grep -c -F '\"name\":\"kept\"' /var/backups/mdc/rabbitmq-definitions.json; \
               sudo grep -o -F '\"rabbit_version\":\"3.8.9\"' /var/backups/mdc/rabbitmq-definitions.json";
    assert_eq!(fleet.ask("infra-01", ask), "600 root\n1\n\"rabbit_version\":\"3.8.9\"");
    // Its listeners take clients again.
    fleet.ask("infra-01", "sudo rabbitmq-diagnostics -q check_port_connectivity");
}

fn kept(fleet: &Fleet) {
    let queues = "sudo rabbitmqctl -s list_queues name messages";
    assert_eq!(fleet.ask("infra-01", queues), "kept\t3");
    let rows = "sudo -u postgres psql -Atc 'select count(*) from kept'";
    assert_eq!(fleet.ask("infra-01", rows), "1000");
}

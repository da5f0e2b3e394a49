//! The gates before stage 2 on real hosts: a queue that is not empty, a backup that is too old.

use super::on;
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    let release = Release::moving(&fleet.site, &["file-storage"]);
    let site = Site::with_manifest(fleet, &release, |manifest| {
        manifest.replace("every = \"1s\"", "every = \"1s\"\nwithin = \"8s\"")
    });
    // A scan in progress on the rpm host, and a message that nobody takes.
    let queue = |number: u32| {
        let conf = "/etc/md-cluster/md-core.conf";
        let ask =
            format!("sudo sed -i /^queue=/d {conf}; echo queue={number} | sudo tee -a {conf}");
        fleet.ask("exec-02", &ask);
    };
    queue(2);
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: await-idle md-core on exec-02",
        "given up after 8s; the last value was: 2 left to do",
    ]);
    queue(0);
    rabbitmq(
        fleet,
        "eval 'rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"work\">>), false, false, [], \
         none, <<\"tests\">>), rabbit_basic:publish(rabbit_misc:r(<<\"/\">>, exchange, <<>>), \
         <<\"work\">>, [], <<\"scan\">>).'",
    );
    site.mdc(&["resume", "--yes"]).ends(1).tells(&[
        "Failed: await-idle rabbitmq on infra-01",
        "given up after 8s; the last value was: 1 left to do",
    ]);
    rabbitmq(fleet, "delete_queue work");
    fleet.ask("infra-01", "sudo touch -d '2 hours ago' /var/backups/cluster/postgresql-1.sql");
    site.mdc(&["resume", "--yes"])
        .ends(1)
        .tells(&["Failed: prove-backup postgresql on infra-01", "that is older than 1h"]);
    on("storage-01", "file-storage").works(fleet, "2.8.0");
    fleet.ask("infra-01", "sudo touch /var/backups/cluster/postgresql-1.sql");
    site.mdc(&["resume", "--yes"]).ends(0).tells(&["Complete."]);
    on("storage-01", "file-storage").works(fleet, "2.9.0");
    site.mdc(&["report"]).ends(0).tells(&["/var/backups/cluster/postgresql-1.sql, "]);
}

fn rabbitmq(fleet: &Fleet, command: &str) {
    fleet.ask("infra-01", &format!("sudo rabbitmqctl -q {command}"));
}

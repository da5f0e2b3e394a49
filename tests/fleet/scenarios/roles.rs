//! Redis with two replicas and Sentinel: the replicas change before their primary, which hands its role
//! over first, and nothing is lost.

use super::{INFRA, others_with};
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

pub(crate) fn run(fleet: &Fleet) {
    replicate(fleet);
    let release = Release::moving(&fleet.site, &["redis"]);
    let replicas = others_with(fleet, "redis");
    let site = Site::with_manifest(fleet, &release, |manifest| manifest + &replicas);
    site.mdc(&["plan"]).ends(0).tells(&[
        "infra-01/redis is the primary and doesn't hand its role over",
        "no Sentinel answers on its host",
    ]);
    watch(fleet);
    site.mdc(&["plan", "-o", "early.json"]).ends(0);
    // The role moves by itself: what was reviewed is not what would be done.
    let failover = "redis-cli -p 26379 sentinel failover cluster; \
                    while redis-cli role | grep -qx master; do sleep 0.1; done";
    fleet.ask("infra-01", failover);
    let primary = primary(fleet);
    settled(fleet, primary);
    // Whatever of stage 1 it still had to do is done; nothing of stage 2.
    site.mdc(&["apply", "early.json", "--yes"]).ends(1).tells(&[
        "the plan is stale",
        "infra-01/redis/upgrade: role was primary, is replica",
        &format!("{primary}/redis/upgrade: role was replica, is primary"),
    ]);
    site.mdc(&["apply", "--yes"]).ends(0).tells(&[
        &format!("{primary}: have Sentinel give the role of the primary to a replica"),
        "keys without a time to live: before and after (db0 3)",
    ]);
    let journal = site.newest_journal();
    let end = |host: &str| journal.end(&format!("{host}/redis/upgrade")).unwrap();
    for host in INFRA {
        let version = "redis-cli info server | tr -d '\\r' | sed -n 's/^redis_version://p'";
        assert_eq!(fleet.ask(host, version), release.version("redis"), "{host}");
        assert_eq!(fleet.ask(host, "redis-cli mget a b c"), "1\n2\n3", "{host}");
        assert!(end(host) <= end(primary), "{host} before {primary}");
    }
    assert_eq!(fleet.ask(primary, "redis-cli role | head -n 1"), "slave");
    site.is_as_desired();
}

/// infra-01 has two replicas.
fn replicate(fleet: &Fleet) {
    let conf = "/etc/redis/redis.conf";
    let open = format!(
        "sudo sed -i 's/^bind .*/bind 0.0.0.0/; s/^protected-mode .*/protected-mode no/' {conf}"
    );
    for host in INFRA {
        let follow = match host {
            "infra-01" => String::new(),
            _ => {
                format!("echo 'replicaof {} 6379' | sudo tee -a {conf};", fleet.address("infra-01"))
            }
        };
        fleet.ask(host, &format!("{open}; {follow} sudo systemctl restart redis-server"));
    }
    fleet.ask("infra-01", "redis-cli mset a 1 b 2 c 3");
    settled(fleet, "infra-01");
}

/// Waits until `primary` has both replicas, and they all that it has.
fn settled(fleet: &Fleet, primary: &str) {
    let settled = "until [ \"$(redis-cli set settled now ex 60; redis-cli wait 2 1000)\" = \"OK\n2\" ]; do sleep 0.1; done";
    fleet.ask(primary, settled);
}

/// A Sentinel on each host. None of them takes an upgrade for a failure.
fn watch(fleet: &Fleet) {
    for host in INFRA {
        let conf = format!(
            "port 26379\nprotected-mode no\nsentinel monitor cluster {} 6379 2\n\
             sentinel down-after-milliseconds cluster 120000\nsentinel failover-timeout cluster 20000\n",
            fleet.address("infra-01")
        );
        let file = "/etc/redis/sentinel.conf";
        fleet.ask(
            host,
            &format!(
                "printf '{conf}' | sudo tee {file} >/dev/null; sudo chown redis: {file}; \
                 sudo systemd-run --unit=redis-sentinel --uid=redis redis-server {file} --sentinel"
            ),
        );
    }
    for host in INFRA {
        let knows =
            |what| format!("[ $(redis-cli -p 26379 sentinel {what} cluster | grep -cx name) = 2 ]");
        let (replicas, others) = (knows("replicas"), knows("sentinels"));
        fleet.ask(host, &format!("until {replicas} && {others}; do sleep 0.1; done"));
    }
}

fn primary(fleet: &Fleet) -> &'static str {
    let is_primary = |host: &&str| fleet.ask(host, "redis-cli role | head -n 1") == "master";
    INFRA.into_iter().find(|host| is_primary(host)).expect("a primary")
}

//! RabbitMQ as a cluster of three nodes: one after another, each only when no quorum queue needs it, and
//! no message is lost. Versions 3.8.9 and 3.10.8 run beside each other meanwhile.

use std::thread;

use super::{INFRA, infrastructure, others_with};
use crate::hosts::Fleet;
use crate::release::Release;
use crate::site::Site;

const KEPT: &str =
    "durable queues with their persistent messages: before and after (/ classic 3, / kept 3)";

pub(crate) fn run(fleet: &Fleet) {
    cluster(fleet);
    fill(fleet);
    let release = Release::moving(&fleet.site, &["rabbitmq"]);
    let others = others_with(fleet, "rabbitmq");
    let site =
        Site::with_manifest(fleet, &release, |manifest| manifest + infrastructure::IDLE + &others);
    // Debian's package would part the node from the others.
    site.mdc(&["apply", "--yes"]).ends(1).tells(&[
        "Failed: upgrade rabbitmq on infra-01",
        "Debian's package would replace /var/lib/rabbitmq/.erlang.cookie",
    ]);
    has_cookie(fleet, "c2VjcmV0IG9mIHRoZSBmbGVldA==");
    let mut running = site.begin(&["resume", "--yes"]);
    running.says(&["running", INFRA[0], "wait until each quorum queue can do without this node"]);
    let needed = "sudo rabbitmq-queues check_if_node_is_quorum_critical && exit 1; \
                  sudo rabbitmq-diagnostics -q server_version";
    assert!(fleet.ask(INFRA[0], needed).ends_with("3.8.9"), "it waits");
    fleet.ask(INFRA[0], "sudo rabbitmq-queues grow rabbit@infra-02 all; sudo rabbitmq-queues grow rabbit@infra-03 all");
    let said = running.end().ends(0);
    let compared = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(compared.matches(KEPT).count(), 3, "{}", said.out);
    one_by_one(fleet, &site);
    for host in INFRA {
        has_all(fleet, host, release.version("rabbitmq"));
    }
    site.is_as_desired();
}

/// A cluster as an older version would have left it: without the feature flag that draining needs.
fn cluster(fleet: &Fleet) {
    let fresh = "sudo systemctl stop rabbitmq-server; sudo rm -rf /var/lib/rabbitmq/mnesia; \
         echo FEATURE_FLAGS=quorum_queue,implicit_default_bindings,virtual_host_metadata | \
         sudo tee /etc/rabbitmq/rabbitmq-env.conf; sudo systemctl enable rabbitmq-server";
    let cookie = fleet.ask(INFRA[0], "sudo cat /var/lib/rabbitmq/.erlang.cookie");
    on_each(fleet, fresh);
    has_cookie(fleet, &cookie);
    let [first, others @ ..] = INFRA;
    for host in others {
        let join = format!("sudo rabbitmqctl join_cluster rabbit@{first}");
        fleet.ask(
            host,
            &format!("sudo rabbitmqctl stop_app && {join} && sudo rabbitmqctl start_app"),
        );
    }
    let flags = fleet.ask(first, "sudo rabbitmqctl -s list_feature_flags name state");
    assert!(flags.contains("maintenance_mode_status\tdisabled"), "{flags}");
}

/// All nodes start anew with this cookie.
fn has_cookie(fleet: &Fleet, cookie: &str) {
    on_each(fleet, "sudo systemctl stop rabbitmq-server");
    let start = format!(
        "printf {cookie} | sudo install -o rabbitmq -g rabbitmq -m 400 /dev/stdin \
         /var/lib/rabbitmq/.erlang.cookie; sudo systemctl start rabbitmq-server"
    );
    on_each(fleet, &start);
}

fn on_each(fleet: &Fleet, command: &str) {
    thread::scope(|scope| {
        for host in INFRA {
            scope.spawn(move || fleet.ask(host, command));
        }
    });
}

/// A classic queue on the first node, and a quorum queue on two of the three, which can't do without
/// either of them.
fn fill(fleet: &Fleet) {
    let declare = |name: &str, arguments: &str| {
        format!(
            "{{new, _}} = rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"{name}\">>), \
             true, false, [{arguments}], none, <<\"tests\">>)"
        )
    };
    let quorum = "{<<\"x-queue-type\">>, longstr, <<\"quorum\">>}, \
                  {<<\"x-quorum-initial-group-size\">>, long, 2}";
    let publish = "rabbit_basic:publish(rabbit_misc:r(<<\"/\">>, exchange, <<>>), Queue, \
                   [{delivery_mode, 2}], <<\"task\">>)";
    let eval = format!(
        "{}, {}, [{publish} || Queue <- [<<\"classic\">>, <<\"kept\">>], _ <- [1, 2, 3]].",
        declare("classic", ""),
        declare("kept", quorum)
    );
    fleet.ask(INFRA[0], &format!("sudo rabbitmqctl -q eval '{eval}'"));
}

/// No node began before the one before it was up again: by the journal, and by what the hosts' systemd
/// has seen, who have one clock.
fn one_by_one(fleet: &Fleet, site: &Site) {
    let journal = site.journal();
    let seen = |host: &str, moment: &str| -> u64 {
        let ask = format!("systemctl show --value -p {moment}TimestampMonotonic rabbitmq-server");
        fleet.ask(host, &ask).parse().unwrap()
    };
    for [one, next] in [[INFRA[0], INFRA[1]], [INFRA[1], INFRA[2]]] {
        let step = |host: &str| format!("{host}/rabbitmq/upgrade");
        assert!(journal.end(&step(one)).unwrap() < journal.begin(&step(next)).unwrap());
        assert!(seen(one, "ActiveEnter") < seen(next, "ActiveExit"), "{one} before {next}");
    }
}

/// The node runs `version` with all others, serves clients, and knows of all messages.
fn has_all(fleet: &Fleet, host: &str, version: &str) {
    let ask = |command: &str| fleet.ask(host, &format!("sudo {command}"));
    assert_eq!(ask("rabbitmq-diagnostics -q server_version"), version, "{host}");
    assert_eq!(ask("rabbitmqctl -q eval 'length(rabbit_nodes:all_running()).'"), "3", "{host}");
    ask("rabbitmq-diagnostics -q check_port_connectivity");
    let status = ask("rabbitmqctl -q cluster_status");
    assert_eq!(status.matches("not under maintenance").count(), 3, "{status}");
    for queue in ["classic", "kept"] {
        let eval = format!(
            "{{ok, It}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>)), \
             rabbit_amqqueue:stat(It)."
        );
        assert_eq!(ask(&format!("rabbitmqctl -q eval '{eval}'")), "{ok,3,0}", "{host}: {queue}");
    }
    let flags = ask("rabbitmqctl -s list_feature_flags name state");
    assert!(flags.contains("maintenance_mode_status\tenabled"), "{flags}");
    // What the new version brings waits for the next upgrade.
    assert!(flags.contains("stream_queue\tdisabled"), "{flags}");
    let definitions =
        "grep -o -F '\"rabbit_version\":\"3.8.9\"' /var/backups/mdc/rabbitmq-definitions.json";
    ask(definitions);
}

//! Answers of hosts: what each line comes to, and what is refused.

use jiff::Timestamp;
use mdc::catalog::Format;
use mdc::observe::{Certificate, Exchange, HostFacts, Unreadable, parse};
use mdc::transport::{Endpoint, Questions};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cluster::{asked, command, http};

const ASKED: i64 = 1_763_700_000;

/// A good answer of a Debian host to [`debian`].
const DEBIAN: &str = "\
@mdc clock 1763700000 5000.10
@mdc os PRETTY
@mdc os VERSION_ID=\"12\"
@mdc os ID=debian
@mdc architecture x86_64
@mdc disk Filesystem     1024-blocks     Used Available Capacity Mounted on
@mdc disk /dev/vda         264212084 14652588  80633300      16% /
@mdc memory 22414516
@mdc boot 0c901ca2-53f6-4303-adda-22ca7b254026
@mdc reboot no
@mdc packages 0
@mdc package md-core installed 2.8.0-1
@mdc package redis-server installed 5:7.0.15-1~deb12u7
@mdc unit LoadState=loaded
@mdc unit ActiveState=active
@mdc unit LoadState=loaded
@mdc unit ActiveState=active
@mdc health md-core curl 0 200
@mdc health redis command 0 PONG
@mdc end 5000.30
";

/// Units in the order of their names: `ometascan`, `redis-server`.
fn debian() -> Questions {
    asked(
        Format::Deb,
        &[
            ("md-core", "md-core", "ometascan", http("http://127.0.0.1:8008/readyz")),
            ("redis", "redis-server", "redis-server", command("redis-cli ping")),
        ],
    )
}

fn at(sent_millis: i64, received_millis: i64) -> Exchange {
    let time = |millis| Timestamp::from_millisecond(ASKED * 1000 + millis).unwrap();
    Exchange { sent: time(sent_millis), received: time(received_millis) }
}

fn facts(answer: &str, questions: &Questions) -> Result<HostFacts, Unreadable> {
    parse(answer.as_bytes(), questions, at(0, 1000))
}

/// [`DEBIAN`] with every line that begins with `old` (after the mark) replaced by `new`, once.
fn with(old: &str, new: &str) -> String {
    let old = format!("@mdc {old}");
    let mut new = Some(new);
    assert!(DEBIAN.contains(&old), "{old} is in the answer");
    let lines = DEBIAN.lines().filter_map(|line| {
        if line.starts_with(&old) { new.take().map(str::to_owned) } else { Some(line.to_owned()) }
    });
    lines.map(|line| line + "\n").collect()
}

#[test]
fn a_good_answer_gives_every_fact() {
    let facts = serde_json::to_value(facts(DEBIAN, &debian()).unwrap()).unwrap();
    let expected = json!({
        "os": "debian-12", "architecture": "x86_64", "free-disk": 82_568_499_200_u64,
        "free-memory": 22_952_464_384_u64, "clock-ahead": 0,
        "boot-id": "0c901ca2-53f6-4303-adda-22ca7b254026", "reboot-pending": false,
        "file-systems": { "/": 82_568_499_200_u64 },
        "components": {
            "md-core": { "package": { "installed": "2.8.0-1" }, "unit": "active", "health": "healthy" },
            "redis": {
                "package": { "installed": "5:7.0.15-1~deb12u7" }, "unit": "active", "health": "healthy"
            },
        },
    });
    assert_eq!(facts, expected);
}

/// What to replace, by what, where to look, and what stands there then.
fn check(cases: &[(&str, &str, &str, Value)]) {
    for (old, new, place, expected) in cases {
        let facts = facts(&with(old, new), &debian()).unwrap_or_else(|e| panic!("{new}: {e:?}"));
        let value = serde_json::to_value(facts).unwrap();
        assert_eq!(value.pointer(place).unwrap_or(&Value::Null), expected, "{new}");
    }
}

#[test]
fn lines_about_the_machine() {
    let rocky =
        "@mdc os ID=\"rocky\"\n@mdc os VERSION_ID=\"9.3\"\n@mdc os ID_LIKE=\"rhel centos fedora\"";
    let ubuntu = "@mdc os ID=ubuntu\n@mdc os ID_LIKE=debian\n@mdc os VERSION_ID='24.04'";
    let leap = "@mdc os ID=opensuse-leap\n@mdc os VERSION_ID=15.5";
    check(&[
        ("os", rocky, "/os", json!("rocky-9")),
        ("os", ubuntu, "/os", json!("ubuntu-24.04")),
        ("os", "@mdc os ID=debian", "/os", json!("debian")),
        ("os", leap, "/os", json!("opensuse-leap-15.5")),
        ("disk /", "@mdc disk //nas/my share 9 8 7 88% /var/cache", "/free-disk", json!(7168)),
        ("reboot", "@mdc reboot yes", "/reboot-pending", json!(true)),
        // Asked at 0, answered after 1 s, of which the host worked 0.2 s: it looked at 0.4 s.
        ("clock", "@mdc clock 1763700090 5000.10", "/clock-ahead", json!(90)),
        ("clock", "@mdc clock 1763699950 5000.10", "/clock-ahead", json!(-49)),
        ("clock", "@mdc clock 1763700001 5000.10", "/clock-ahead", json!(1)),
        // The host says that it worked longer than we waited.
        ("end", "@mdc end 9000.00", "/clock-ahead", json!(0)),
    ]);
}

#[test]
fn lines_about_ports_and_certificates() {
    let mut questions = debian();
    let at_host = |port| Endpoint { address: "10.0.0.1".to_owned(), port };
    questions.also.reach = [5432, 6379, 5672, 8892].map(at_host).into();
    questions.also.certificates = ["/a.pem".parse().unwrap()].into();
    let told = "@mdc reach 10.0.0.1 5432 0\n\
        @mdc reach 10.0.0.1 6379 1 bash: connect: Connection refused bash: line 1: /dev/tcp\n\
        @mdc reach 10.0.0.1 5672 137\n@mdc pem 0 -----BEGIN CERTIFICATE-----\n@mdc pem 0 x\n@mdc end 5000.30";
    let facts = facts(&with("end", told), &questions).unwrap();
    let port = |port: u16| facts.unreachable.get(&format!("10.0.0.1:{port}")).map(String::as_str);
    assert_eq!([5432, 8892].map(port), [None; 2]);
    assert_eq!(port(6379), Some("connection refused"));
    assert_eq!(port(5672), Some("no answer within 5 s"));
    assert!(matches!(facts.certificates["/a.pem"], Certificate::Unreadable(_)));
    // A port that nobody asked about.
    let lie = "@mdc reach 10.0.0.9 1 0\n@mdc end 5000.30";
    assert!(self::facts(&with("end", lie), &questions).is_err());
}

#[test]
fn lines_about_packages() {
    let (core, package) = ("package md-core", "/components/md-core/package");
    let twice = "@mdc package md-core installed 2.8.0-1\n@mdc package md-core installed 2.9.0-1";
    let two_architectures =
        "@mdc package md-core installed 2.8.0-1\n@mdc package md-core installed 2.8.0-1";
    let missing = "@mdc package dpkg-query: no packages found matching md-core";
    let not_asked = |why: &str| json!({ "not-asked": why });
    let half = json!({ "broken": { "version": "2.9.1-1", "status": "half-configured" } });
    let both = json!({ "broken": { "version": "2.9.0-1", "status": "installed twice" } });
    let health = "/components/md-core/health";
    let since = "/components/md-core/since";
    check(&[
        (core, "@mdc package md-core half-configured 2.9.1-1", package, half),
        (
            core,
            "@mdc package md-core half-configured 2.9.1-1",
            health,
            not_asked("the package is not completely installed"),
        ),
        (core, missing, package, json!("absent")),
        (core, missing, health, not_asked("the package is not installed")),
        (core, "@mdc package md-core config-files 2.8.0-1", package, json!("absent")),
        (core, "@mdc package md-core not-installed ", package, json!("absent")),
        (core, twice, package, both),
        (core, two_architectures, package, json!({ "installed": "2.8.0-1" })),
        (
            core,
            "@mdc package md-core installed 2.8.0-1 1750000000",
            package,
            json!({ "installed": "2.8.0-1" }),
        ),
        (
            core,
            "@mdc package md-core installed 2.8.0-1 1750000000",
            since,
            json!("2025-06-15T15:06:40Z"),
        ),
        (core, "@mdc package md-core installed 2.8.0-1", since, json!(null)),
        (core, "@mdc package md-core installed 2.8.0-1 soon", since, json!(null)),
        (core, "@mdc package md-core installed 2.8.0-1 99999999999999999", since, json!(null)),
        (core, "@mdc package md-core half-configured 2.9.1-1 1750000000", since, json!(null)),
    ]);
}

#[test]
fn lines_about_services() {
    let unit = "/components/md-core/unit";
    check(&[
        ("unit", "@mdc unit active\n@mdc unit active", unit, json!("active")),
        ("unit", &units("loaded", "failed"), unit, json!({ "stopped": "failed" })),
        ("unit", &units("loaded", "reloading"), unit, json!("active")),
        ("unit", &units("masked", "inactive"), unit, json!({ "stopped": "masked" })),
        ("unit", &units("not-found", "inactive"), unit, json!("absent")),
        // Its file was removed under it.
        ("unit", &units("not-found", "active"), unit, json!("active")),
    ]);
}

#[test]
fn lines_about_health() {
    let unhealthy = |text: &str| json!({ "unhealthy": text });
    let refused = unhealthy("nothing listens there (connection refused)");
    let neither = json!({ "not-asked": "the host has neither `curl` nor `wget`" });
    let cases = [
        ("curl 0 503", unhealthy("HTTP status 503")),
        ("curl 7 000", refused),
        ("curl 28 000", unhealthy("no answer within 5 s")),
        ("curl 99 000", unhealthy("`curl` ended with status 99")),
        ("wget 0", json!("healthy")),
        ("wget 8", unhealthy("the answer is an HTTP error")),
        ("nothing", neither),
        ("command 0 200 bytes", json!("healthy")),
        ("command 1", unhealthy("exit status 1")),
        ("command 1 \u{1b}[31mNOAUTH 0", unhealthy("exit status 1: [31mNOAUTH 0")),
        ("command 137", unhealthy("no end within 10 s")),
    ];
    for (said, expected) in cases {
        let line = format!("@mdc health md-core {said}");
        check(&[("health md-core", &line, "/components/md-core/health", expected)]);
    }
}

/// The lines of both units, the first in the given state.
fn units(load: &str, active: &str) -> String {
    format!(
        "@mdc unit LoadState={load}\n@mdc unit ActiveState={active}\n\
         @mdc unit ActiveState=active\n@mdc unit LoadState=loaded"
    )
}

/// What to replace, by what, and words of the reason.
#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let cases: &[(&str, &str, &str)] = &[
        ("end", "bye", "cut off"),
        ("os", "", "`os`"),
        ("os", "@mdc os ID=$(reboot)", "`os` is `$(reboot)`"),
        ("disk", "@mdc disk df: no such file", "`disk` is `df: no such file`"),
        ("disk", "@mdc disk x 1 2 99999999999999999999 5% /", "`disk`"),
        ("disk", "@mdc disk x 1 2 18446744073709551615 5% /", "`disk`"),
        ("memory", "@mdc memory", "`memory` is ``"),
        ("boot", "@mdc boot ../../etc", "`boot`"),
        ("reboot", "@mdc reboot yes\n@mdc reboot no", "more than once"),
        ("clock", "@mdc clock 1763700000000 1.0", "`clock`"),
        ("clock", "@mdc clock 1763700000 -1", "`clock`"),
        ("clock", "@mdc clock 1763700000 NaN", "`clock`"),
        ("packages", "@mdc packages 127", "no `dpkg-query`, though the manifest says `debian-12`"),
        ("packages", "@mdc packages 2", "`dpkg-query` ended with status 2: md-core installed"),
        ("package md-core", "@mdc package md-core installed 1;reboot", "version `1;reboot`"),
        ("unit", "@mdc unit Failed to connect to bus: Host is down", "Failed to connect to bus"),
        ("unit", "@mdc unit LoadState=loaded\n@mdc unit ActiveState=active", "can't be read"),
        ("unit", "@mdc unit active", "`systemctl` says: active"),
        (
            "unit",
            "@mdc unit LoadState=loaded\n@mdc unit ActiveState=active\n@mdc unit Unit name x@.service",
            "`systemctl` says: Unit name x@.service",
        ),
        ("health md-core", "", "doesn't tell the health of md-core"),
        ("health md-core", "@mdc health md-core curl", "`health`"),
        (
            "health md-core",
            "@mdc health md-core curl 0 200\n@mdc health md-core curl 0 200",
            "more than once",
        ),
    ];
    for (old, new, reason) in cases {
        let refused = facts(&with(old, new), &debian()).expect_err(new);
        assert!(refused.reason.contains(reason), "{new}: {}", refused.reason);
        assert!(!refused.hint.is_empty(), "{new}");
    }
}

#[test]
fn rpm_has_to_say_that_a_package_is_missing() {
    let one = asked(Format::Rpm, &[("md-core", "md-core", "ometascan", http("http://127.0.0.1/"))]);
    let answer = |said: &str| {
        let kept = DEBIAN.lines().filter(|line| {
            !["package ", "packages", "health", "unit"].iter().any(|k| line[5..].starts_with(k))
        });
        (kept.collect::<Vec<_>>().join("\n") + "\n").replace(
            "@mdc end",
            &format!(
                "@mdc packages 1\n@mdc package {said}\n@mdc unit LoadState=not-found\n\
                 @mdc unit ActiveState=inactive\n@mdc end"
            ),
        )
    };
    let absent = facts(&answer("package md-core is not installed"), &one).unwrap();
    let value = serde_json::to_value(absent).unwrap();
    assert_eq!(value.pointer("/components/md-core/package"), Some(&json!("absent")));
    let broken = facts(&answer("error: cannot open Packages database"), &one).unwrap_err();
    assert!(broken.reason.contains("cannot open Packages database"), "{broken:?}");
}

#[test]
fn a_host_without_components_is_asked_about_itself() {
    let nothing = asked(Format::Deb, &[]);
    assert!(!nothing.script.contains("dpkg-query") && !nothing.script.contains("systemctl"));
    assert!(facts(DEBIAN, &nothing).unwrap().components.is_empty());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = parse(&bytes, &debian(), at(0, 0));
    }

    /// A host can lie, but not with control characters, and not at length.
    #[test]
    fn a_lying_host_stays_harmless(line in 0..20_usize, lie in ".{0,400}") {
        let answer: Vec<String> = DEBIAN.lines().enumerate().map(|(i, honest)| {
            let keep: String = honest.split_inclusive(' ').take(2 + i % 2).collect();
            if i == line { format!("{keep}{lie}\n") } else { format!("{honest}\n") }
        }).collect();
        let shown = match facts(&answer.concat(), &debian()) {
            Ok(facts) => serde_json::to_value(facts).unwrap().to_string(),
            Err(refused) => refused.reason,
        };
        prop_assert!(shown.len() < 4000);
        prop_assert!(!shown.contains("\\u00") && !shown.chars().any(char::is_control), "{}", shown);
    }
}

//! What a Windows host is asked, and how its answer is read. The answers are written by what the script
//! prints: no Windows host was asked.

use jiff::Timestamp;
use mdc::catalog::Format;
use mdc::observe::{Exchange, HealthState, PackageState, UnitState, WINDOWS_FACTS, parse};
use mdc::value::Digest;

use crate::cluster::{asked, http};

const ANSWER: &str = r"@mdc clock 1767225600 86400.25
@mdc os ID=windows
@mdc os VERSION_ID=2022
@mdc architecture x86_64
@mdc disk D: 0 0 2048 0% D:\
@mdc disk C: 0 0 1048576 0% C:\
@mdc memory 4096
@mdc staged 7 C:\ProgramData\mdc\cache\DIGEST\a b.msi
@mdc staged 7 C:\ProgramData\mdc\cache\none\b.msi
@mdc staged 7 C:\Windows\DIGEST\b.msi
@mdc boot 00000000-0000-4000-01dc-5b1a2b3c4d5e
@mdc reboot yes
@mdc packages 0
@mdc package MetaDefender%20Cluster%20Worker installed 2.8.0
@mdc package OPSWAT%20MetaDefender%20Core installed 5.19.0
@mdc package OPSWAT%20MetaDefender%20Core installed 5.18.1
@mdc unit LoadState=loaded
@mdc unit ActiveState=active
@mdc unit LoadState=loaded
@mdc unit ActiveState=delayed-start
@mdc health worker curl 0 200
@mdc end 86401.00
";

#[test]
fn a_windows_host_tells_the_same_facts() {
    let mut questions = asked(
        Format::Msi,
        &[
            (
                "md-core",
                "OPSWAT MetaDefender Core",
                "ometascan",
                http("http://127.0.0.1:8008/readyz"),
            ),
            (
                "worker",
                "MetaDefender Cluster Worker",
                "md-cluster-worker",
                http("http://127.0.0.1:8893/readyz"),
            ),
        ],
    );
    questions.os = "windows-2022".to_owned();
    let at = Timestamp::from_second(1_767_225_600).unwrap();
    let exchange = Exchange { sent: at, received: at };
    let content = Digest::of(b"it").to_string();
    let answer = ANSWER.replace("DIGEST", &content);
    let facts = parse(answer.as_bytes(), &questions, exchange).unwrap();
    let staged: Vec<_> = facts.staged.iter().map(|(path, size)| (path.as_str(), *size)).collect();
    assert_eq!(staged, [(&*format!(r"C:\ProgramData\mdc\cache\{content}\a b.msi"), 7)]);
    assert_eq!((facts.os.as_str(), facts.architecture.as_str()), ("windows-2022", "x86_64"));
    assert_eq!((facts.free_disk, facts.file_systems["D:\\"]), (1 << 30, 2 << 20));
    assert!(facts.reboot_pending);
    let worker = &facts.components["worker"];
    assert_eq!(worker.package, PackageState::Installed("2.8.0".parse().unwrap()));
    assert_eq!((&worker.unit, &worker.health), (&UnitState::Active, &HealthState::Healthy));
    // Two versions side by side: a major upgrade that was cut off.
    let core = &facts.components["md-core"];
    assert!(
        matches!(&core.package, PackageState::Broken { status, .. } if status == "installed twice")
    );
    assert_eq!(core.unit, UnitState::Stopped("delayed-start".to_owned()));
}

#[test]
fn what_is_asked_stands_in_words_and_the_script_is_always_the_same() {
    let one = ("worker", "MetaDefender Cluster Worker", "w", http("https://127.0.0.1:1/readyz"));
    let questions = asked(Format::Msi, &[one]);
    assert_eq!(questions.script, WINDOWS_FACTS);
    let expected = [
        "package\u{1f}MetaDefender Cluster Worker",
        "unit\u{1f}w",
        "health\u{1f}worker\u{1f}MetaDefender Cluster Worker\u{1f}http\u{1f}https://127.0.0.1:1/readyz",
        "tls\u{1f}worker\u{1f}MetaDefender Cluster Worker\u{1f}https://127.0.0.1:1/readyz",
    ];
    assert_eq!(questions.words, expected);
    // What each word begins with, the script asks for.
    for word in expected {
        let key = word.split('\u{1f}').next().unwrap();
        assert!(WINDOWS_FACTS.contains(&format!("Of '{key}'")), "{key}");
    }
}

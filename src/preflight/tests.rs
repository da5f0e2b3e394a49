use jiff::civil::date;

use super::*;
use crate::diagnostic::Severity;
use crate::manifest::Waiver;

fn finding(check: Code, host: &str) -> Finding {
    Finding::new(check, &host.parse().unwrap(), "is so", "mend it")
}

fn waiver(check: Code, host: Option<&str>) -> Waiver {
    let host = host.map(|host| host.parse().unwrap());
    Waiver { check, host, reason: "for a while".to_owned(), until: date(2026, 12, 31) }
}

#[test]
fn a_waiver_covers_its_check_on_its_host_alone() {
    let found = ["a", "b", "c"].map(|host| finding(Code::Clock, host));
    let waivers = [waiver(Code::Disk, None), waiver(Code::Clock, Some("b"))];
    let judged = judge(found.to_vec(), &waivers);
    let refused: Vec<&str> = judged.refused.iter().map(|it| it.host.as_str()).collect();
    assert_eq!(refused, ["a", "c"]);
    assert_eq!(judged.waived[0].covers, Vec::<String>::new());
    assert_eq!(judged.waived[1].covers, ["b is so"]);
    let all = judge(found.to_vec(), &[waiver(Code::Clock, None)]);
    assert!(all.refused.is_empty() && all.waived[0].covers.len() == 3);
}

#[test]
fn what_no_waiver_may_cover_is_refused_all_the_same() {
    let waivers = [waiver(Code::Architecture, None)];
    assert_eq!(judge(vec![finding(Code::Architecture, "a")], &waivers).refused.len(), 1);
}

#[test]
fn warnings_of_many_hosts_are_one_line() {
    let hosts: Vec<String> = (1..=12).map(|number| format!("h{number:02}")).collect();
    let found = hosts.iter().map(|host| finding(Code::Reboot, host)).collect();
    let judged = judge(found, &[]);
    assert!(judged.refused.is_empty());
    assert_eq!(
        judged.in_words().iter().map(|it| &**it).collect::<Vec<&str>>(),
        ["h01 is so; the same on h02, h03, h04, h05, h06, h07, h08, h09 and 3 more \
          (preflight::reboot)"]
    );
}

#[test]
fn only_findings_of_checks_can_be_waived() {
    for code in Code::ALL.iter().filter(|code| code.is_waivable()) {
        assert!(code.as_str().starts_with("preflight::") && code.severity() != Severity::Note);
    }
}

//! What an emitted script records, and for which machine and plan that counts.

use std::fs;

use crate::bench::{Bench, HOST, Ran, makes};

#[test]
fn it_asks_on_a_machine_that_calls_itself_otherwise() {
    let rows = [
        ("core-01", HOST, true),
        ("core-01.site-a", HOST, true),
        ("core-02", HOST, false),
        ("core-02.core-01", HOST, false),
        ("vm.site-a", "vm.site-a", true),
        ("vm", "vm.site-a", true),
        ("vm.site-b", "vm.site-a", false),
        ("vm.site-a.example", "vm.site-a", false),
    ];
    for (name, host, same) in rows {
        let bench = Bench::new(&[makes("a", 1)]);
        let script = bench.text("core-01.sh");
        let own = script.replacen("\nhost=core-01\n", &format!("\nhost={host}\n"), 1);
        fs::write(bench.path("core-01.sh"), own).unwrap();
        bench.stand_in("uname", &format!("echo {name}"));
        let ran = Ran::of(&bench.bash(&["run", "1"]).output().unwrap());
        assert_eq!(ran.status, Some(i32::from(!same)), "{name} {host}: {}", ran.said);
        if !same {
            let this_is = format!("--this-is {host}");
            ran.tells(&["this machine calls itself", &this_is]);
            let said = bench.bash(&["run", "1", "--this-is", host]).output().unwrap();
            Ran::of(&said).ends(0);
            // Once said, it is on record.
            Ran::of(&bench.bash(&["run", "1"]).output().unwrap()).ends(0);
        }
    }
}

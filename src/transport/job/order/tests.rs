use super::*;
use crate::transport::windows::HOST as WINDOWS;
use crate::transport::{Account, Task};
use crate::value::Period;

#[test]
fn every_host_knows_every_order() {
    let task = Task::CheckUnit { unit: "u".to_owned() };
    let within = Period::seconds(1);
    let command = Command { run: "true".to_owned(), account: Account::Root, within, task };
    let (run, job, file) = ("r", "j", "f");
    let tenure = Tenure { site: "s".to_owned(), fence: 1, holder: "h".to_owned() };
    for order in [
        Order::Enter,
        Order::Attend { run, job, command: &command },
        Order::Cancel { run, job },
        Order::Forget { run },
        Order::Discard { contents: &[Digest::of(b"it")] },
        Order::Keep { run, file, offset: 0, content: "" },
        Order::Survey,
        Order::Jobs { run },
        Order::Recall { run, file, offset: 0 },
    ] {
        let verb = &order.words(&tenure)[3];
        assert!(HOST.contains(&format!("\n{verb}() {{")), "{verb}");
        assert!(WINDOWS.contains(&format!("\n        '{verb}' {{")), "{verb}");
    }
}

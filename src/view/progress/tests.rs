use std::io;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};

use super::*;
use crate::state::{FailureKind, StepFailure, StepOutcome};
use crate::view::terminal::Style;

const STYLE: Style = Style { width: 80, colour: false, unicode: false };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plan() -> Plan {
    let text = r#"{
        "format": "mdc/plan", "version": 1, "manifest": "m", "cluster": "c", "environment": "e",
        "release": "r", "unknown": [], "withheld": [], "warnings": [],
        "seal": "0000000000000000000000000000000000000000000000000000000000000000",
        "on-failure": {}, "basis": {"tool": "0", "facts": {}, "compared": {"hosts": 1, "resources": 1},
            "max-age": "7d", "written": {"subjects": {}, "texts": {}},
            "desired": "0000000000000000000000000000000000000000000000000000000000000000"},
        "steps": [{
            "id": "core-01/md-core/upgrade", "host": "core-01", "component": "md-core",
            "action": "upgrade", "stage": "live", "wave": 1, "to": "5.14.2", "after": [],
            "needs-healthy": {}, "reasons": [], "impact": "", "forecast": "4m",
            "commands": [{"run": "true", "account": "root", "within": "15m", "task":
                {"start-unit": {"unit": "md-core"}}}]
        }],
        "checks": {}
    }"#;
    serde_json::from_str(text).unwrap()
}

fn step(text: &str) -> String {
    text.to_owned()
}

fn failure() -> StepOutcome {
    StepOutcome::Failed(StepFailure {
        kind: FailureKind::Command,
        during: "start md-core".into(),
        command: "true".into(),
        ended: "exit status 1\x1b[2J".into(),
        output: Box::default(),
        hint: String::new(),
    })
}

/// A run with a long wait, a copy, a failure and an end.
fn play(progress: &mut dyn Progress) {
    let core = || step("core-01/md-core/upgrade");
    let copy = || step("core-02/md-core/copy");
    progress.event(at(0), &Event::RunStarted { run: "r1".into(), steps: 3, finished: 1 });
    progress.event(at(1), &Event::StepStarted { step: core() });
    progress.event(at(1), &Event::CommandStarted { step: core(), index: 0 });
    progress.event(at(2), &Event::StepStarted { step: copy() });
    progress.event(at(3), &Event::Copied { step: copy(), sent: 1_500_000, total: 3_000_000 });
    progress.tick(at(9));
    progress.tick(at(75));
    progress.tick(at(80));
    progress.event(at(90), &Event::StepFinished { step: core(), outcome: failure(), took: at(89) });
    let stopping = Event::Stopping { reason: "Ctrl-C".into(), running: vec![copy()] };
    progress.event(at(91), &stopping);
    let done = Event::StepFinished { step: copy(), outcome: StepOutcome::Done, took: at(98) };
    progress.event(at(100), &done);
    progress.event(at(3_725), &Event::RunFinished);
}

#[test]
fn lines_tell_each_event_and_each_long_wait() {
    let (mut out, plan) = (Vec::new(), plan());
    play(&mut Plain::new(&mut out, STYLE, Subject::Plan(&plan)));
    let expected = "\
+00:00:00  run      r1, 3 steps, 1 finished before
+00:00:01  started  upgrade md-core on core-01
+00:00:01  running  upgrade md-core on core-01: start md-core
+00:00:02  started  copy md-core on core-02
+00:01:15  waiting  upgrade md-core on core-01: start md-core, for 1m 14s of at most 15m
+00:01:15  waiting  copy md-core on core-02, 1.5 MB of 3.0 MB sent, for 1m 13s
+00:01:30  failed   upgrade md-core on core-01 after 1m 29s: start md-core: exit status 1\\u{1b}[2J
+00:01:31  stopping Ctrl-C; waiting for the end of copy md-core on core-02
+00:01:40  done     copy md-core on core-02 in 1m 38s
+01:02:05  ended    2 of 3 steps done, 1 failed
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn hosts_are_counted_and_waited_for() {
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out, STYLE, Subject::Hosts(2));
    plain.host(at(1), &"core-01".parse().unwrap(), None);
    plain.tick(at(12));
    plain.host(at(30), &"core-02".parse().unwrap(), Some("no route to host"));
    plain.tick(at(60));
    let expected = "\
+00:00:01  read     core-01
+00:00:12  waiting  for 1 of 2 hosts
+00:00:30  unknown  core-02: no route to host
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// A terminal that keeps what was written to it.
#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<String>>);

impl TermLike for Screen {
    fn width(&self) -> u16 {
        100
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn bars_show_running_steps_and_keep_the_lines_that_matter() {
    for unicode in [false, true] {
        let (screen, plan) = (Screen::default(), plan());
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let style = Style { unicode, ..STYLE };
        play(&mut Live::on(target, style, Subject::Plan(&plan)));
        let shown = screen.0.lock().unwrap().clone();
        for kept in [
            "run      r1, 3 steps, 1 finished before",
            "failed   upgrade md-core on core-01 after 1m 29s",
            "done     copy md-core on core-02 in 1m 38s",
            "upgrade md-core on core-01: start md-core",
            "1/3, ",
        ] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        assert!(!shown.contains("started"), "{shown}");
        assert!(!shown.contains("\x1b[2J"), "{shown}");
    }
}

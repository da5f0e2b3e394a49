//! Jobs outlive the connection that started them, begin once, and obey only the newest lease.

use std::fs;

use camino::Utf8PathBuf;
use mdc::manifest::BackupGate;
use mdc::step::prove_backup;
use mdc::transport::{
    Command, Connection, End, Failure, Gone, JobEnd, Order, Output, Tenure, Verdict,
};
use mdc::value::{Digest, Percent, Period};

use crate::loss::{await_file, servants, signal};
use crate::sshd::{Sshd, command, is_root, skipped, skips};

/// A host whose jobs are kept apart from those of other tests, and removed with it.
struct Site {
    sshd: Sshd,
    tenure: Tenure,
}

impl Site {
    fn new(name: &str) -> Option<Self> {
        if skips(name) {
            return None;
        }
        if !is_root() {
            skipped(name, "jobs are kept in /var/lib/mdc, which is root's");
            return None;
        }
        let site = format!("test-{}-{name}", std::process::id());
        let tenure = Tenure { site, fence: 5, holder: "the tests, line\n1".to_owned() };
        Some(Self { sshd: Sshd::start(), tenure })
    }

    fn base(&self) -> Utf8PathBuf {
        Utf8PathBuf::from("/var/lib/mdc").join(&self.tenure.site)
    }

    fn job(&self, id: &str) -> Utf8PathBuf {
        self.base().join("jobs/run").join(id)
    }

    fn order(&self, order: &Order<'_>) -> Verdict {
        self.sshd.open().order(&self.tenure, order).unwrap()
    }

    fn attend(&self, id: &str, command: &Command) -> JobEnd {
        ended(attend(&mut *self.sshd.open(), &self.tenure, id, command).unwrap())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.base());
    }
}

fn attend(
    host: &mut dyn Connection,
    tenure: &Tenure,
    job: &str,
    command: &Command,
) -> Result<Verdict, Failure> {
    host.order(tenure, &Order::Attend { run: "run", job, command })
}

fn ended(verdict: Verdict) -> JobEnd {
    let Verdict::Job(end) = verdict else { panic!("{verdict:?}") };
    end
}

fn output(end: JobEnd) -> Output {
    let JobEnd::Ended(output) = end else { panic!("{end:?}") };
    output
}

#[test]
fn a_job_tells_how_it_ended_and_what_it_printed() {
    let Some(site) = Site::new("ends") else { return };
    for (id, run, end, stdout, stderr) in [
        ("a", "printf 'a\\0b'; echo it\\'s >&2", End::Exit(0), &b"a\0b"[..], &b"it's\n"[..]),
        ("b", "echo \"$HOME $-\"; exit 100", End::Exit(100), b"/root \n", b""),
        ("c", "kill -9 $$", End::Signal("KILL".into()), b"", b"Killed\n"),
        ("u", "umask", End::Exit(0), b"0022\n", b""),
        ("d", "cat; echo done", End::Exit(0), b"done\n", b""),
        ("e", "yes | head -c 900000 >&2", End::Exit(0), b"", &b"y\n".repeat(65536)),
    ] {
        let output = output(site.attend(id, &command(run)));
        assert_eq!(site.order(&Order::Jobs { run: "none" }), Verdict::Jobs(Vec::new()));
        assert_eq!(output.end, end, "{run}");
        assert_eq!(output.stdout, stdout, "{run}");
        assert_eq!(output.stderr, stderr, "{run}");
    }
}

#[test]
fn a_job_goes_on_without_its_connection_and_is_found_again() {
    let Some(site) = Site::new("found") else { return };
    let (begun, go) = (site.sshd.folder.join("begun"), site.sshd.folder.join("go"));
    let run = format!("echo x >> {begun}; until [ -e {go} ]; do sleep 0.05; done; echo end");
    let command = command(&run);
    let mut host = site.sshd.open();
    let lost = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun);
            signal("-KILL", &servants(&site.sshd));
        });
        attend(&mut *host, &site.tenure, "job", &command).unwrap_err()
    });
    assert!(lost.problem.may_pass(), "{lost}");
    fs::write(&go, "").unwrap();
    assert_eq!(output(site.attend("job", &command)).stdout, b"end\n");
    // Again: what it left is still there, and it does not run again.
    assert_eq!(output(site.attend("job", &command)).stdout, b"end\n");
    assert_eq!(fs::read_to_string(&begun).unwrap(), "x\n");
    assert_eq!(site.order(&Order::Jobs { run: "run" }), Verdict::Jobs(vec!["job".to_owned()]));
}

#[test]
fn twenty_that_start_one_job_start_it_once() {
    let Some(site) = Site::new("once") else { return };
    let begun = site.sshd.folder.join("begun");
    let command = command(&format!("echo x >> {begun}; sleep 0.3"));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(output(site.attend("job", &command)).end, End::Exit(0)));
        }
    });
    assert_eq!(fs::read_to_string(&begun).unwrap(), "x\n");
}

/// A runner says who it is between two questions of its watcher: it is not taken for one that is gone.
/// The host's script with a watcher that dawdles after it found nobody.
#[test]
fn a_job_that_is_just_beginning_is_not_gone() {
    let Some(site) = Site::new("beginning") else { return };
    let script = include_str!("../../src/transport/job/host.sh");
    let nobody = "read -r pid <\"$j/pid\" 2>/dev/null || ";
    let dawdling = script.replace(nobody, &format!("{nobody} ! sleep 1 || "));
    assert_ne!(script, dawdling);
    let said = std::process::Command::new("sh")
        .args(["-c", &dawdling, "sh", &site.tenure.site, "5", "the tests", "attend"])
        .args(["run", "job", "60", "1000", "sleep 2"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "ended 0\n0 0\n");
}

#[test]
fn a_job_that_takes_too_long_is_ended() {
    let Some(site) = Site::new("late") else { return };
    let slow =
        Command { within: Period::seconds(1), ..command("echo first; sleep 100; echo second") };
    let JobEnd::Late(output) = site.attend("job", &slow) else { panic!() };
    assert_eq!(output.stdout, b"first\n");
    // A command that has this status of its own is not late.
    let JobEnd::Ended(output) = site.attend("other", &command("exit 124")) else { panic!() };
    assert_eq!(output.end, End::Exit(124));
}

/// A probe that reads from a store that doesn't answer hangs.
#[test]
fn a_probe_of_a_backup_that_hangs_is_ended() {
    let Some(site) = Site::new("hanging-probe") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dump");
    fs::write(&path, "whole").unwrap();
    let gate = BackupGate {
        host: "db-01".parse().unwrap(),
        newest: path.to_str().unwrap().to_owned(),
        told_by: None,
        max_age: Period::seconds(3600),
        at_least: Percent::HALF,
        probe: Some("cat \"$1\"; sleep 100".to_owned()),
        within: Period::seconds(1),
        take: None,
    };
    let prove = prove_backup("postgresql", &gate, Period::seconds(60));
    let JobEnd::Late(output) = site.attend("probe", &prove) else { panic!() };
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("a.dump, 5 bytes"), "what was seen until then is told: {said}");
    let readable = BackupGate { probe: Some("cat \"$1\"".to_owned()), ..gate };
    let prove = prove_backup("postgresql", &readable, Period::seconds(60));
    let JobEnd::Ended(output) = site.attend("again", &prove) else { panic!() };
    assert_eq!(output.end, End::Exit(0));
}

#[test]
fn a_job_that_was_killed_with_its_watcher_is_gone_not_ended() {
    let Some(site) = Site::new("gone") else { return };
    let begun = site.sshd.folder.join("begun");
    let command = command(&format!("echo said; touch {begun}; sleep 100"));
    let end = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun);
            let pid = fs::read_to_string(site.job("job").join("pid")).unwrap();
            signal("-KILL", &[pid.trim().parse().unwrap()]);
        });
        site.attend("job", &command)
    });
    let JobEnd::Gone(Gone::Killed, output) = end else { panic!("{end:?}") };
    assert_eq!(output.stdout, b"said\n");
    // The same after a reboot, which changes the boot id.
    fs::write(site.job("job").join("boot"), "another\n").unwrap();
    let end = site.attend("job", &command);
    assert!(matches!(end, JobEnd::Gone(Gone::Rebooted, _)), "{end:?}");
}

#[test]
fn a_job_is_cancelled_by_another_connection() {
    let Some(site) = Site::new("cancel") else { return };
    let begun = site.sshd.folder.join("begun");
    let run = format!(
        "trap '' TERM; touch {begun}; i=0; while [ $i -lt 900 ]; do sleep 0.1; i=$((i+1)); done"
    );
    let polite = site.sshd.folder.join("polite");
    let cancelled = |id: &str, run: &str, begun: &camino::Utf8Path| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                await_file(begun);
                assert_eq!(site.order(&Order::Cancel { run: "run", job: id }), Verdict::Cancelled);
            });
            site.attend(id, &command(run))
        })
    };
    let end = cancelled("polite", &format!("touch {polite}; sleep 100"), &polite);
    assert!(matches!(end, JobEnd::Cancelled(_)), "{end:?}");
    let end = cancelled("stubborn", &run, &begun);
    assert!(matches!(end, JobEnd::Cancelled(_)), "{end:?}");
    assert_eq!(site.order(&Order::Cancel { run: "run", job: "none" }), Verdict::Unknown);
    assert_eq!(site.order(&Order::Forget { run: "run" }), Verdict::Done);
    assert!(!site.job("polite").exists());
}

#[test]
fn an_older_lease_changes_nothing_any_more() {
    let Some(site) = Site::new("fence") else { return };
    let made = site.sshd.folder.join("made");
    let touch = command(&format!("touch {made}"));
    let newer = Tenure { fence: 6, holder: "somebody newer".to_owned(), ..site.tenure.clone() };
    let mut host = site.sshd.open();
    assert_eq!(host.order(&newer, &Order::Enter).unwrap(), Verdict::Done);
    let fenced = Verdict::Fenced { fence: 6, holder: "somebody newer".to_owned() };
    assert_eq!(attend(&mut *host, &site.tenure, "job", &touch).unwrap(), fenced);
    assert_eq!(site.order(&Order::Enter), fenced);
    assert!(!made.exists());
    let end = ended(attend(&mut *host, &newer, "job", &touch).unwrap());
    assert_eq!(output(end).end, End::Exit(0));
    assert!(made.exists());
    let survey = host.order(&site.tenure, &Order::Survey).unwrap();
    assert!(matches!(survey, Verdict::Survey { fence: 6, .. }), "{survey:?}");
}

#[test]
fn package_files_are_removed_by_their_content_and_nothing_else_is() {
    let Some(site) = Site::new("discard") else { return };
    let name = |of: &str| Digest::of(format!("{of} of {}", site.tenure.site).as_bytes());
    let folder = |content: Digest| Utf8PathBuf::from("/var/cache/mdc").join(content.to_string());
    let contents = ["one", "other", "kept"].map(name);
    for content in contents {
        fs::create_dir_all(folder(content)).unwrap();
        for file in ["a.deb", "b.deb.part"] {
            fs::write(folder(content).join(file), "x").unwrap();
        }
    }
    let [one, other, kept] = contents;
    let order = Order::Discard { contents: &[one, other, name("none")] };
    let late = Tenure { fence: 4, ..site.tenure.clone() };
    assert_eq!(site.order(&Order::Enter), Verdict::Done);
    let fenced = site.sshd.open().order(&late, &order).unwrap();
    assert!(matches!(fenced, Verdict::Fenced { .. }) && folder(one).exists(), "{fenced:?}");
    assert_eq!(site.order(&order), Verdict::Done);
    assert_eq!(site.order(&order), Verdict::Done, "again");
    let there = contents.map(|content| folder(content).exists());
    // What is no content leads nowhere else.
    let crooked = std::process::Command::new("sh")
        .args(["-c", include_str!("../../src/transport/job/host.sh"), "sh", &site.tenure.site])
        .args(["5", "the tests, line 1", "discard", "../mdc", &kept.to_string()])
        .output()
        .unwrap();
    let stays = folder(kept).join("a.deb").exists();
    fs::remove_dir_all(folder(kept)).unwrap();
    assert_eq!(there, [false, false, true]);
    let said = String::from_utf8(crooked.stdout).unwrap();
    assert_eq!(said, "cannot remove ../mdc: it names no content\n");
    assert!(stays);
}

#[test]
fn a_record_is_kept_part_by_part() {
    let Some(site) = Site::new("record") else { return };
    let keep = |offset, content| Order::Keep { run: "run", file: "journal.jsonl", offset, content };
    let recall = |offset| Order::Recall { run: "run", file: "journal.jsonl", offset };
    assert_eq!(site.order(&recall(0)), Verdict::Unknown);
    assert_eq!(site.order(&keep(0, "one\n")), Verdict::Has(4));
    assert_eq!(site.order(&keep(9, "three\n")), Verdict::Has(4), "there is a gap");
    assert_eq!(site.order(&keep(4, "two $HOME '\\n'\n")), Verdict::Has(19));
    assert_eq!(site.order(&keep(4, "two\n")), Verdict::Has(8), "sent again");
    assert_eq!(site.order(&recall(0)), Verdict::Part(b"one\ntwo\n".to_vec()));
    assert_eq!(site.order(&recall(4)), Verdict::Part(b"two\n".to_vec()));
    assert_eq!(site.order(&recall(8)), Verdict::Part(Vec::new()));
    let long = "x".repeat(400_000);
    assert_eq!(site.order(&keep(8, &long)), Verdict::Has(400_008));
    let Verdict::Survey { fence: 5, holder, runs } = site.order(&Order::Survey) else { panic!() };
    assert_eq!((holder.as_str(), runs), ("the tests, line 1", vec!["run".to_owned()]));
}

#[test]
fn what_is_kept_is_for_root_alone() {
    let Some(site) = Site::new("modes") else { return };
    site.attend("job", &command("umask 0; touch /dev/null"));
    let output = std::process::Command::new("find")
        .args([site.base().as_str(), "-perm", "/077"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

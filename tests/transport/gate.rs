//! Least privilege with a real sudo: a user who may run the gate, and what that is worth.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command as Program, Output};
use std::time::Duration;

use camino::Utf8PathBuf;
use mdc::catalog::Format;
use mdc::manifest::Sudo;
use mdc::transport::{
    Connection, End, Failure, GATE_PATH, JobEnd, Order, Problem, Questions, Tenure, Verdict,
    allowed, host_gate, sudoers,
};
use mdc::value::{Digest, RemotePath};

use crate::loss::await_file;
use crate::sshd::{Sshd, is_gone, keys, root_command, within};
use crate::sudo::{NAME, ONE, User, connect, lacks, server};

/// Where the gate under test looks: a folder of the tests', so that a real list stays as it is.
const LIST: &str = "/etc/mdc-test-gate/allowed";

/// A host with a gate, and what is listed there.
struct Gated {
    sshd: Sshd,
    gate: Utf8PathBuf,
    tenure: Tenure,
    _user: User,
}

impl Gated {
    fn new(what: &str) -> Option<Self> {
        if lacks(what) {
            return None;
        }
        let gate = Utf8PathBuf::from(format!("{GATE_PATH}-test"));
        if Utf8PathBuf::from(LIST).parent().unwrap().exists() {
            let _ = fs::remove_dir_all("/etc/mdc-test-gate");
        }
        fs::create_dir_all(gate.parent().unwrap()).unwrap();
        let text = host_gate().replace("/etc/mdc/allowed", LIST);
        fs::write(&gate, text).unwrap();
        fs::set_permissions(&gate, Permissions::from_mode(0o755)).unwrap();
        let rules = sudoers(NAME, &path(&gate)).unwrap();
        // A wrong rule would lock sudo up: visudo reads it first.
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &rules).unwrap();
        let read = Program::new("visudo").args(["-cqf"]).arg(file.path()).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let user = User::with(&rules);
        let site = format!("test-{}-gate", std::process::id());
        let tenure = Tenure { site, fence: 5, holder: "the tests, it's \"them\" $HOME".to_owned() };
        let gated = Self { sshd: server(), gate, tenure, _user: user };
        list(&[]);
        Some(gated)
    }

    fn open(&self) -> Box<dyn Connection> {
        connect(&self.sshd, Sudo::Gate(path(&self.gate)))
    }

    fn attend(&self, job: &str, run: &str) -> Result<Verdict, Failure> {
        let command = root_command(run);
        self.open().order(&self.tenure, &Order::Attend { run: "run", job, command: &command })
    }

    /// Calls the gate as the user may call it: with whatever words and input.
    fn call(&self, words: &[&str], input: &str) -> Output {
        let file = self.sshd.folder.join("input");
        fs::write(&file, input).unwrap();
        Program::new("su")
            .args([NAME, "-s", "/bin/sh", "-c", "f=$1; shift; exec sudo -n \"$@\" <\"$f\"", "-"])
            .args([file.as_str(), self.gate.as_str()])
            .args(words)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn refuses(&self, words: &[&str], input: &str, why: &str) {
        let output = self.call(words, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(126), "{words:?}: {said}");
        assert_eq!(said.trim_end(), format!("mdc-gate refuses: {why}"), "{words:?}");
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(format!("/var/lib/mdc/{}", self.tenure.site));
        let _ = fs::remove_dir_all("/etc/mdc-test-gate");
        let _ = fs::remove_file(&self.gate);
    }
}

/// Lists `texts`, and nothing else, for the gate.
fn list(texts: &[&str]) {
    let list = Utf8PathBuf::from(LIST);
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    fs::set_permissions(list.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
    let lines: String = texts.iter().map(|text| allowed(text, text)).collect();
    fs::write(&list, format!("# a comment\n{lines}")).unwrap();
    fs::set_permissions(&list, Permissions::from_mode(0o644)).unwrap();
}

fn path(path: &Utf8PathBuf) -> RemotePath {
    path.as_str().parse().unwrap()
}

/// The refusal's reason, after the check that nothing else went wrong.
fn refusal(failure: &Failure) -> String {
    assert!(matches!(failure.problem, Problem::Privilege(_)), "{failure:?}");
    assert!(failure.hint.contains("mdc generate allowed"), "{}", failure.hint);
    failure.problem.to_string()
}

#[test]
fn what_is_listed_runs_and_nothing_else_does() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("gate") else { return };
    let run = "id -un; cat; echo e >&2; exit 7";
    let mut host = gated.open();
    let failure = host.run(&root_command(run), None).unwrap_err();
    let said = refusal(&failure);
    let digest = Digest::of(run.as_bytes()).to_string();
    assert!(said.contains("this command is not listed in"), "{said}");
    assert!(said.contains(&digest), "{said}");
    list(&["echo other", run]);
    let input = "x".repeat(100_000) + "\n";
    let output = host.run(&root_command(run), Some(&mut input.as_bytes())).unwrap();
    assert_eq!(output.end, End::Exit(7));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("root\n{input}"));
    assert_eq!(output.stderr, b"e\n");
    // One more blank is another command.
    let more = format!("{run} ");
    assert!(refusal(&host.run(&root_command(&more), None).unwrap_err()).contains("is not listed"));
    // Without the gate the user is nobody.
    let mut host = connect(&gated.sshd, Sudo::Passwordless);
    assert!(host.run(&root_command("true"), None).is_err());
}

#[test]
fn hosts_are_read_by_listed_scripts_only() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("reading through a gate") else { return };
    let ask = |script: &str| {
        let questions = Questions {
            os: "debian-12".to_owned(),
            format: Format::Deb,
            resources: BTreeMap::default(),
            also: mdc::transport::Also::default(),
            script: script.to_owned(),
            words: Vec::new(),
        };
        gated.open().ask(&questions, Duration::from_secs(10))
    };
    let script = "id -un\nexit 0\n\n";
    list(&[script]);
    assert_eq!(ask(script).unwrap(), b"root\n");
    assert!(refusal(&ask("id\n").unwrap_err()).contains("this script is not listed"));
}

#[test]
fn jobs_and_records_go_through_the_gate() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("jobs through a gate") else { return };
    let run = "id -un; umask; echo \"it's\" >&2";
    let said = refusal(&gated.attend("one", run).unwrap_err());
    assert!(said.contains("this command is not listed"), "{said}");
    list(&[run]);
    let Verdict::Job(JobEnd::Ended(output)) = gated.attend("one", run).unwrap() else { panic!() };
    assert_eq!(output.end, End::Exit(0));
    assert_eq!((&*output.stdout, &*output.stderr), (&b"root\n0022\n"[..], &b"it's\n"[..]));
    let mut host = gated.open();
    let mut order = |order: &Order<'_>| host.order(&gated.tenure, order).unwrap();
    let content = "{\"a\": \"$HOME `id` '\\\\0101' \u{e4}\"}\n".repeat(4000);
    let file = "journal.jsonl";
    let keep = Order::Keep { run: "run", file, offset: 0, content: &content };
    assert_eq!(order(&keep), Verdict::Has(content.len() as u64));
    let recall = Order::Recall { run: "run", file, offset: 0 };
    assert_eq!(order(&recall), Verdict::Part(content.clone().into_bytes()));
    assert_eq!(order(&Order::Enter), Verdict::Done);
    let Verdict::Survey { fence: 5, holder, runs } = order(&Order::Survey) else { panic!() };
    assert_eq!((holder, runs), (gated.tenure.holder.clone(), vec!["run".to_owned()]));
    assert_eq!(order(&Order::Cancel { run: "run", job: "none" }), Verdict::Unknown);
    assert_eq!(order(&Order::Jobs { run: "run" }), Verdict::Jobs(vec!["one".to_owned()]));
    assert_eq!(order(&Order::Forget { run: "run" }), Verdict::Done);
    // Nothing holds that.
    let contents = [Digest::of(content.as_bytes()), Digest::of(b"nothing")];
    assert_eq!(order(&Order::Discard { contents: &contents }), Verdict::Done);
}

#[test]
fn a_time_limit_ends_what_the_gate_runs() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("time limit through a gate") else { return };
    let pid = gated.sshd.folder.join("pid");
    let run = format!("echo $$ > {pid}; sleep 1000");
    list(&[&run]);
    let failure =
        gated.open().run(&within(root_command(&run), Duration::from_secs(1)), None).unwrap_err();
    assert!(matches!(failure.problem, Problem::TimedOut { .. }), "{failure:?}");
    assert!(failure.hint.starts_with("its processes on the host were ended"), "{}", failure.hint);
    await_file(&pid);
    assert!(is_gone(fs::read_to_string(&pid).unwrap().trim()));
}

#[test]
fn the_gate_takes_no_crooked_words() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("crooked words at a gate") else { return };
    let token = "0123456789abcdef0123456789abcdef";
    let host = {
        let text = fs::read_to_string(&gated.gate).unwrap();
        text.lines().find_map(|line| line.strip_prefix("host=")).unwrap().to_owned()
    };
    for words in [
        &[][..],
        &["x", "command", "id"],
        &["0123456789ABCDEF0123456789ABCDEF", "command", "id"],
        &["$(id)", "command", "id"],
    ] {
        gated.refuses(words, "", "a token that is none");
    }
    for words in [&[token][..], &[token, "sh"], &[token, "command"], &[token, "command", "a", "b"]]
    {
        gated.refuses(words, "", "something that it does not know");
    }
    let other = "it belongs to another version of mdc; install what mdc generate host-gate prints";
    gated.refuses(&[token, "order", "0"], "", other);
    let mark = gated.sshd.folder.join("mark");
    let evil = format!("$(touch {mark})");
    let arithmetic = format!("a[$(touch {mark})]");
    for (words, why) in [
        ("", "a name that is none"),
        (".s\n.1\n.h\n.touch_fence\n.more\n", "an order that is none"),
        (".s\n.1\n.h\n.verdict\n", "an order that is none"),
        (".s\n.1\n.h\n.start\n.1\n.id\n", "an order that is none"),
        (".../../tmp\n.1\n.h\n.touch_fence\n", "a name that is none"),
        (".a/b\n.1\n.h\n.touch_fence\n", "a name that is none"),
        (".s\n.1\n.h\n.forget\n..\n", "a name that is none"),
        (".s\n.1\n.h\n.forget\n.\n", "a name that is none"),
        (".s\n.1\n.h\n.discard\n.../x\n", "a content that is none"),
        (".s\n.1\n.h\n.discard\n.abc\n", "a content that is none"),
        (
            &*format!(".s\n.1\n.h\n.discard\n.{zero}\n.\n", zero = "0".repeat(64)),
            "a content that is none",
        ),
        (".s\n.1\n.h\n.keep\n.r\n.../cron\n.0\n.x\n", "a name that is none"),
        (".s\n.1\n.h\n.keep\n.-r\n.f\n.0\n.x\n", "a name that is none"),
        (".s\n.1\n.h\\0012x\n.touch_fence\n", "a holder that is none"),
        (".s\n.9999999999999999999\n.h\n.touch_fence\n", "a number that is too large"),
        (&*format!(".s\n.{arithmetic}\n.h\n.touch_fence\n"), "a number that is none"),
        (&*format!(".s\n.1\n.h\n.recall\n.r\n.f\n.{arithmetic}\n.1\n"), "a number that is none"),
        (&*format!(".s\n.1\n.h\n.cancel\n.{evil}\n.j\n"), "a name that is none"),
    ] {
        gated.refuses(&[token, "order", &host], words, why);
    }
    gated.refuses(&[token, "stop", "1"], "", "a process that it did not start");
    gated.refuses(&[token, "stop", "1;id"], "", "a number that is none");
    // The environment is root's own.
    let gate = gated.gate.as_str();
    let sudo =
        ["-c", &format!("exec sudo -n PATH=/tmp {gate} {token} stop 1"), "-s", "/bin/sh", NAME];
    let set = Program::new("su").args(sudo).output().unwrap();
    let said = String::from_utf8_lossy(&set.stderr).into_owned();
    assert!(said.contains("not allowed to set"), "{said}");
    assert!(!mark.exists(), "something was run");
}

#[test]
fn a_list_that_others_may_write_to_is_no_list() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("a loose list") else { return };
    let refused = || {
        let failure = gated.open().run(&root_command("true"), None).unwrap_err();
        assert!(refusal(&failure).contains("others than root may write to it"), "{failure}");
    };
    list(&["true"]);
    assert_eq!(gated.open().run(&root_command("true"), None).unwrap().end, End::Exit(0));
    fs::set_permissions(LIST, Permissions::from_mode(0o664)).unwrap();
    refused();
    fs::set_permissions(LIST, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions("/etc/mdc-test-gate", Permissions::from_mode(0o777)).unwrap();
    refused();
    fs::set_permissions("/etc/mdc-test-gate", Permissions::from_mode(0o755)).unwrap();
    let own = gated.sshd.folder.join("own");
    fs::write(&own, allowed("true", "")).unwrap();
    assert!(Program::new("chown").args([NAME, own.as_str()]).status().unwrap().success());
    fs::remove_file(LIST).unwrap();
    symlink(&own, LIST).unwrap();
    refused();
    fs::remove_file(LIST).unwrap();
    refused();
}

#[test]
fn a_host_without_the_gate_says_so() {
    if lacks("a missing gate") {
        return;
    }
    let _one = ONE.lock();
    let sshd = server();
    let _user = User::add("ALL=(root) NOPASSWD: /usr/local/libexec/other");
    let mut host = connect(&sshd, Sudo::Gate(GATE_PATH.parse().unwrap()));
    let failure = host.run(&root_command("true"), None).unwrap_err();
    assert!(failure.hint.contains("mdc generate host-gate"), "{failure:?}");
}

#[test]
fn the_list_that_is_generated_is_what_is_needed_for_reading() {
    let _one = ONE.lock();
    let Some(gated) = Gated::new("mdc observe through a gate") else { return };
    let sshd = &gated.sshd;
    let manifest = format!(
        "format-version = 1\n[cluster]\nname = \"c\"\nenvironment = \"test\"\nrelease = \"r.toml\"\n\
         [connections.c.ssh]\nuser = \"{NAME}\"\nport = {}\nkeys = \"{}\"\nagent = false\n\
         known-hosts = \"known_hosts\"\nsudo = {{ gate = \"{}\" }}\n[hosts.web-1]\n\
         address = \"127.0.0.1\"\nos = \"debian-12\"\nconnection = \"c\"\ncomponents = [\"redis\"]\n",
        sshd.port,
        keys().join("user"),
        gated.gate,
    );
    fs::write(sshd.folder.join("mdc.toml"), manifest).unwrap();
    let release = "format-version = 1\nname = \"A\"\n[components.redis]\nversion = \"7.2.10\"\n\
                   packages.deb = { repository = \"redis-server\" }\n";
    fs::write(sshd.folder.join("r.toml"), release).unwrap();
    let mdc = |words: &[&str]| {
        let mut mdc = Program::new(env!("CARGO_BIN_EXE_mdc"));
        mdc.args(words).current_dir(&sshd.folder).output().unwrap()
    };
    let refused = mdc(&["observe"]);
    let said = String::from_utf8([refused.stdout, refused.stderr].concat()).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("mdc-gate refuses: this script is not listed"), "{said}");
    let made = mdc(&["generate", "allowed", "web-1"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(LIST, made.stdout).unwrap();
    let read = mdc(&["observe"]);
    let said = String::from_utf8([read.stdout, read.stderr].concat()).unwrap();
    // The answer was whole; a machine without systemd has no services to tell of.
    assert!(!said.contains("mdc-gate"), "{said}");
    assert!(read.status.success() || said.contains("booted with systemd"), "{said}");
}

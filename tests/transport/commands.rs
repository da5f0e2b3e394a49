use std::collections::BTreeMap;
use std::io::Read;
use std::time::{Duration, Instant};

use mdc::catalog::Format;
use mdc::transport::{End, Problem, Questions};
use mdc::value::Digest;

use crate::sshd::{HEAVY, Sshd, command, is_gone, skips, stdout, within};

#[test]
fn ends_are_told_exactly() {
    if skips("exit statuses") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    for (run, end) in [
        ("true", End::Exit(0)),
        ("exit 1", End::Exit(1)),
        ("exit 100", End::Exit(100)),
        ("exit 255", End::Exit(255)),
        ("no-such-program", End::Exit(127)),
        ("kill -9 $$", End::Signal("KILL".into())),
        ("kill -TERM $$", End::Signal("TERM".into())),
        // The frame itself dies: the host tells it.
        ("kill -9 $PPID", End::Signal("KILL".into())),
        ("sh -c 'kill -9 $$'", End::Signal("KILL".into())),
    ] {
        let output = host.run(&command(run), None).unwrap();
        assert_eq!(output.end, end, "{run}");
    }
}

#[test]
fn both_streams_come_back_as_they_were() {
    if skips("output") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let output =
        host.run(&command("printf 'a\\0b'; printf 'c\\n\\nd' >&2; echo 'it'\\''s'"), None).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert_eq!(output.stdout, b"a\0bit's\n");
    assert_eq!(output.stderr, b"c\n\nd");
    // Without an input, standard input is at its end.
    assert_eq!(stdout(&mut *host, "cat; echo done"), "done\n");
}

#[test]
fn what_a_login_shell_prints_is_no_part_of_the_output() {
    if skips("noise of start-up files") {
        return;
    }
    // sshd runs this in place of every command, as start-up files of a shell would.
    let noise = "ForceCommand echo noise; echo noise >&2; eval \"$SSH_ORIGINAL_COMMAND\"\n";
    let sshd = Sshd::with(noise);
    let mut host = sshd.open();
    assert_eq!(stdout(&mut *host, "echo words"), "words\n");
    // A host that runs something else instead says so.
    let sshd = Sshd::with("ForceCommand echo 'Only sftp is allowed here.'; exit 1\n");
    let failure = sshd.open().run(&command("true"), None).unwrap_err();
    assert!(failure.to_string().contains("Only sftp is allowed here."), "{failure}");
}

#[test]
fn eight_megabytes_each_way_do_not_block_each_other() {
    if skips("8 MB of stdin and stderr") {
        return;
    }
    let _heavy = HEAVY.lock();
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let size = 8 * 1024 * 1024_u64;
    let mut input = std::io::repeat(b'x').take(size);
    let run = "head -c 8388608 /dev/zero >&2; wc -c; head -c 8388608 /dev/zero; cat";
    let output = host.run(&command(run), Some(&mut input)).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert_eq!(output.stdout.len(), 256 * 1024);
    // The frame's last line was a part of what was kept.
    assert!((255 * 1024..=256 * 1024).contains(&output.stderr.len()));
    // What is kept is the end.
    let run = "seq 1 2000000; seq 1 2000000 >&2 & cat >&2; wait";
    let mut input = std::io::repeat(b'x').take(size);
    let output = host.run(&command(run), Some(&mut input)).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert!(output.stdout.ends_with(b"\n2000000\n"));
}

#[test]
fn an_upload_arrives_whole() {
    if skips("upload") {
        return;
    }
    let _heavy = HEAVY.lock();
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let content: Vec<u8> =
        (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = Digest::of(&content);
    let path = sshd.folder.join("uploaded");
    let run = format!("cat > {path} && sha256sum < {path}");
    let output = host.run(&command(&run), Some(&mut content.as_slice())).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{digest}  -\n"));
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[test]
fn a_command_may_leave_its_input_unread() {
    if skips("unread input") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let mut input = std::io::repeat(b'x').take(50_000_000);
    let output = host.run(&command("head -c 3; exit 4"), Some(&mut input)).unwrap();
    assert_eq!((output.end, output.stdout), (End::Exit(4), b"xxx".to_vec()));
    assert_eq!(stdout(&mut *host, "echo still here"), "still here\n");
}

/// An input that ends with an error after its first bytes.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0 += 1;
        if self.0 > 1 {
            return Err(std::io::Error::other("the disk is gone"));
        }
        buffer.fill(b'x');
        Ok(buffer.len())
    }
}

#[test]
fn an_input_that_breaks_stops_the_command() {
    if skips("broken input") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let done = sshd.folder.join("done");
    let run = format!("cat > /dev/null; echo whole > {done}");
    let failure = host.run(&command(&run), Some(&mut Breaks(0))).unwrap_err();
    assert!(matches!(&failure.problem, Problem::Here(text) if text.contains("the disk is gone")));
    assert!(!done.exists(), "the command took half an input for a whole one");
    assert_eq!(stdout(&mut *host, "echo still here"), "still here\n");
}

#[test]
fn many_commands_share_one_connection() {
    if skips("64 commands") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    for number in 0..64 {
        assert_eq!(stdout(&mut *host, &format!("echo {number}")), format!("{number}\n"));
    }
}

#[test]
fn a_time_limit_ends_the_process_on_the_host() {
    if skips("time limit") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let pids = sshd.folder.join("pids");
    // One that obeys, one that does not; both with a child.
    for run in ["sleep 1000", "trap '' TERM; sleep 1000"] {
        let run =
            format!("echo $$ > {pids}; (echo $$; exec sh -c 'echo $$ >> {pids}; {run}'); {run}");
        let limit = Duration::from_millis(500);
        let failure = host.run(&within(command(&run), limit), None).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "web-1: could not run the command: the command took longer than 500 ms"
        );
        assert!(
            failure.hint.starts_with("its processes on the host were ended"),
            "{}",
            failure.hint
        );
        let text = std::fs::read_to_string(&pids).unwrap();
        assert_eq!(text.lines().count(), 2);
        for pid in text.lines() {
            assert!(is_gone(pid), "{pid} still runs");
        }
        assert_eq!(stdout(&mut *host, "echo still here"), "still here\n");
    }
}

#[test]
fn a_background_process_that_keeps_the_output_open_is_named() {
    if skips("background process") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let run = command("setsid sleep 3 & exit 0");
    let failure = host.run(&within(run, Duration::from_millis(700)), None).unwrap_err();
    assert!(matches!(failure.problem, Problem::TimedOut { .. }));
    assert!(failure.hint.contains("ended with status 0, but something"), "{}", failure.hint);
    let failure = host.run(&command("true"), None).unwrap_err();
    assert!(failure.to_string().contains("given up before"), "{failure}");
}

#[test]
fn a_long_silent_command_lives_on_keepalives() {
    if skips("keepalives") {
        return;
    }
    let sshd = Sshd::start();
    let mut settings = sshd.settings();
    settings.timeouts.keepalive = mdc::value::Period::millis(300);
    // Long enough that a busy machine's sshd answers in it.
    settings.timeouts.silence = mdc::value::Period::seconds(15);
    let mut host = sshd.connect(settings).unwrap();
    assert_eq!(stdout(&mut *host, "sleep 16; echo awake"), "awake\n");
}

#[test]
fn questions_are_asked_in_one_go() {
    if skips("questions") {
        return;
    }
    let sshd = Sshd::start();
    let mut host = sshd.open();
    let ask = |script: &str| Questions {
        os: "debian-12".to_owned(),
        format: Format::Deb,
        resources: BTreeMap::new(),
        also: mdc::transport::Also::default(),
        script: script.to_owned(),
        words: Vec::new(),
    };
    let limit = Duration::from_secs(10);
    // A command of the script that reads its input must not eat the script.
    let answer =
        host.ask(&ask("cat\necho \"it's $((1+1))\"\nexit 0\necho never\n"), limit).unwrap();
    assert_eq!(answer, b"it's 2\n");

    // Longer than a packet, a pipe and an argument.
    let long = format!("{}echo end\n", "echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(10_000));
    let answer = host.ask(&ask(&long), limit).unwrap();
    assert_eq!(answer.len(), 36 * 10_000 + 4);

    for (script, expected) in [
        ("echo broken >&2; exit 3", "status 3: broken"),
        ("kill -9 $$", "killed by signal KILL"),
        ("yes | head -c 9000000", "longer than"),
    ] {
        let failure = host.ask(&ask(script), limit).unwrap_err();
        assert!(failure.to_string().contains(expected), "{failure}");
    }
    let started = Instant::now();
    let failure = host.ask(&ask("sleep 100"), Duration::from_millis(300)).unwrap_err();
    assert!(matches!(failure.problem, Problem::TimedOut { .. }));
    assert!(started.elapsed() < Duration::from_secs(10));
}

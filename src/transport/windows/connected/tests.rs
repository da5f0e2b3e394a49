//! What goes over and what comes back, with a stand-in for the bootstrap that is a POSIX script: it takes
//! letters as that does, and does for each script what the test says.

use std::io::Cursor;
use std::time::Instant;

use super::*;
use crate::address::HostName;
use crate::catalog::Format;
use crate::manifest::LocalConnection;
use crate::transport::local::LocalShell;
use crate::transport::{Account, Also};
use crate::value::{Digest, Period};

/// Takes the head, tells that it runs, takes the file, and does `$WORK` when all of it came. The script is
/// in `$script`, its words one a line in `$words`.
const STAND_IN: &str = r#"
read -r token; token=${token#-}; read -r script; read -r words; read -r file
decode() { printf %s "${1#-}" | base64 -d; }
script=$(decode "$script"); words=$(decode "$words" | tr '\0' '\n'); file=$(decode "$file")
from=${file%% *} path=${file#* }
printf 'Welcome\r\n%s begin %s\r\n' "$token" $$
if [ -n "$file" ]; then path=$DRIVE/$(basename "$(printf %s "$path" | tr '\\' /)"); head -c "$from" "$path" >"$path.new" 2>/dev/null; mv "$path.new" "$path"; fi
whole=
while read -r line; do
  if [ "$line" = . ]; then whole=1; else printf %s "$line" | base64 -d >>"$path"; fi
done
[ -n "$whole" ] || exit 70
status=0
eval "$WORK"
printf '\n%s end %s\n' "$token" "$status"
"#;

/// Starts the stand-in in the place of PowerShell.
struct StandIn {
    drive: tempfile::TempDir,
    work: &'static str,
    lines: Vec<String>,
    given_up: bool,
}

impl Shell for StandIn {
    fn start(&mut self, text: &str, until: Instant) -> Result<Box<dyn Process>, Problem> {
        self.lines.push(text.to_owned());
        let (drive, work) = (self.drive.path().display(), crate::transport::quote(self.work));
        LocalShell.start(&format!("DRIVE={drive} WORK={work}\n{STAND_IN}"), until)
    }

    fn give_up(&mut self, _: String) {
        self.given_up = true;
    }
}

fn connected(work: &'static str) -> WindowsConnected<StandIn> {
    let host: HostName = "win-01".parse().unwrap();
    let connection = crate::manifest::Connection::Local(LocalConnection::default());
    let (address, folder) = ("192.0.2.1", "/".into());
    let target =
        Target { host: &host, address, format: Format::Msi, connection: &connection, folder };
    let drive = tempfile::tempdir().unwrap();
    let shell = StandIn { drive, work, lines: Vec::new(), given_up: false };
    WindowsConnected::new(&target, shell, None)
}

fn command(run: &str, task: Task) -> Command {
    Command { run: run.to_owned(), account: Account::Root, within: Period::seconds(20), task }
}

fn check() -> Task {
    Task::CheckUnit { unit: "ometascan".to_owned() }
}

#[test]
fn a_command_is_run_by_its_script_and_its_whole_status_comes_back() {
    let mut host = connected(
        r#"case $script in *'# Runs one command of a plan. '*) printf '%s\n' "$words" ;; esac; echo oops >&2; status=-2147024891"#,
    );
    let run = "cmd.exe /d /s /c \"echo it's ä & exit 5\"";
    let output = host.run(&command(run, check()), None).unwrap();
    assert_eq!(output.end, End::Exit(-2_147_024_891));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{run}\n"));
    assert_eq!(output.stderr, b"oops\n");
    // Whatever is run, the command line is the same.
    assert_eq!(host.shell.lines, [quote::encoded(BOOTSTRAP)]);
}

#[test]
fn a_copy_is_gone_on_with_where_it_was_cut_off() {
    let content: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let size = content.len() as u64;
    for (there, sent_from) in [(0, 0), (70_001, 70_001), (200_000, 200_000), (300_000, 0)] {
        let mut host = connected(
            r#"case $script in *'How long'*) wc -c <"$DRIVE/a.msi.part" 2>/dev/null || echo 0 ;; *) printf '%s\n' "$words"; echo "from $from" ;; esac"#,
        );
        let part = host.shell.drive.path().join("a.msi.part");
        let mut before = content.clone();
        before.resize(there, 7);
        std::fs::write(&part, before).unwrap();
        let task = Task::ReceiveFile {
            from: "a.msi".to_owned(),
            path: r"C:\ProgramData\mdc\cache\D\a.msi".parse().unwrap(),
            digest: Digest::of(&content),
            size,
        };
        let mut input = Cursor::new(&content);
        let output = host.run(&command("Move-Item", task), Some(&mut input)).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let path = r"C:\ProgramData\mdc\cache\D\a.msi.part";
        assert_eq!(said, format!("Move-Item\n{path}\nstays\nfrom {sent_from}\n"), "{there}");
        assert!(std::fs::read(&part).unwrap() == content, "{there}");
    }
}

/// The shell of the tests doesn't know where it comes from, so that the address is named.
#[test]
fn a_file_that_can_not_be_offered_is_sent_and_the_next_one_is_offered_again() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(taken.local_addr().unwrap().port());
    let pull = crate::manifest::Pull { address: Some("127.0.0.1".to_owned()), port };
    let mut host = connected(
        r"case $script in '# Fetches'*) echo no way there >&2; status=1 ;; *'How long'*) echo 0 ;; esac",
    );
    host.puller = Some(Puller::new(&pull, &std::sync::Arc::default()));
    let mut receive = || {
        let task = Task::ReceiveFile {
            from: "a.msi".to_owned(),
            path: r"C:\ProgramData\mdc\cache\D\a.msi".parse().unwrap(),
            digest: Digest::of(b"content"),
            size: 7,
        };
        let mut input = Cursor::new(b"content");
        let output = host.run(&command("Move-Item", task), Some(&mut input)).unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let told = receive();
    assert!(told.contains("nothing can be offered at 0.0.0.0:"), "{told}");
    drop(taken);
    let told = receive();
    assert!(told.contains("could not fetch it") && told.contains("no way there"), "{told}");
    assert_eq!(receive(), "", "once a connection");
}

#[test]
fn what_is_sent_besides_packages_does_not_stay() {
    let mut host = connected(r#"printf '%s\n' "$words"; ls "$DRIVE"; cat "$path""#);
    let mut input = Cursor::new(b"secret".to_vec());
    let task = Task::ReadLog { unit: "x".to_owned() };
    let output = host.run(&command("Read", task), Some(&mut input)).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let [text, path, name, sent] = lines[..] else { panic!("{said}") };
    assert_eq!((text, sent), ("Read", "secret"));
    assert_eq!(path, format!(r"C:\ProgramData\mdc\received\{name}"), "and no word that it stays");
}

#[test]
fn an_input_that_breaks_off_runs_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cancelled"))
        }
    }
    let mut host = connected(
        r#"case $script in '# Ends'*) kill -s KILL "$words" ;; *) touch "$DRIVE/ran" ;; esac"#,
    );
    let failure = host.run(&command("x", check()), Some(&mut Broken)).unwrap_err();
    assert!(matches!(failure.problem, Problem::Here(_)), "{failure}");
    let left: Vec<_> = std::fs::read_dir(host.shell.drive.path()).unwrap().collect();
    assert!(left.iter().all(|it| it.as_ref().unwrap().file_name() != "ran"), "{left:?}");
}

#[test]
fn orders_have_the_words_of_every_host_and_verdicts_statuses_of_windows() {
    let mut host =
        connected(r#"printf '%s\n' "$words" >"$DRIVE/words"; printf 'ended 137\n3 2\nabcde'"#);
    let tenure = Tenure { site: "s".to_owned(), fence: 7, holder: "me@here".to_owned() };
    let job = command("msiexec", check());
    let order = Order::Attend { run: "r", job: "j", command: &job };
    let verdict = host.order(&tenure, &order).unwrap();
    let Verdict::Job(job::JobEnd::Ended(output)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(output.end, End::Exit(137), "no signal: Windows has none");
    assert_eq!((output.stdout, output.stderr), (b"abc".to_vec(), b"de".to_vec()));
    let words = std::fs::read_to_string(host.shell.drive.path().join("words")).unwrap();
    assert_eq!(words, "s\n7\nme@here\nattend\nr\nj\n20\n131072\nmsiexec\n");
}

#[test]
fn questions_are_the_script_and_its_words() {
    let mut host = connected(r#"printf '%s\n' "$script" "$words""#);
    let questions = Questions {
        os: "windows-2022".to_owned(),
        format: Format::Msi,
        resources: std::collections::BTreeMap::new(),
        also: Also::default(),
        script: "Say 'ä'".to_owned(),
        words: vec!["one".to_owned(), "two\u{1f}three".to_owned()],
    };
    let said = host.ask(&questions, Duration::from_secs(20)).unwrap();
    assert_eq!(String::from_utf8(said).unwrap(), "Say 'ä'\none\ntwo\u{1f}three\n");
}

#[test]
fn what_has_no_end_is_not_known() {
    let mut host = connected("exit 0");
    let failure = host.run(&command("x", check()), None).unwrap_err();
    assert!(matches!(failure.problem, Problem::Lost(_)), "{failure}");
    let mut host = connected("status=1; echo 'Access is denied' >&2");
    let tenure = Tenure { site: "s".to_owned(), fence: 7, holder: "me".to_owned() };
    let failure = host.order(&tenure, &Order::Enter).unwrap_err();
    assert!(failure.problem.to_string().contains("Access is denied"), "{failure}");
}

#[test]
fn what_takes_too_long_is_ended_by_its_number() {
    let mut host = connected(
        r#"case $script in '# Ends'*) kill -s KILL "$words" ;; *) exec sleep 60 ;; esac"#,
    );
    let mut slow = command("x", check());
    slow.within = Period::seconds(1);
    let failure = host.run(&slow, None).unwrap_err();
    assert!(matches!(failure.problem, Problem::TimedOut { .. }), "{failure}");
    assert!(failure.hint.contains("were ended"), "{}", failure.hint);
    assert!(!host.shell.given_up && host.shell.lines.len() == 2);
}

use super::*;
use crate::value::SecretReference;

fn reference() -> SecretReference {
    SecretReference::Env("SUDO".to_owned())
}

fn clean(status: i64) -> Ending {
    Ending { status, signal: None }
}

fn dialogue(rights: Rights<'_>) -> Dialogue<'_> {
    Dialogue::new(Token::fixed(), rights, 1024)
}

#[test]
fn frames_are_as_reviewed() {
    let secret = reference();
    let frame = r#"sh -c 'echo '\''TOKEN'\''; printf '\''TOKEN start %s\n'\'' "$$" >&2; sh -c '\''echo "it'\''\'\'''\''s"'\''; s=$?; printf '\''\nTOKEN end %s\n'\'' "$s" >&2; exit "$s"'"#;
    let golden = [
        (Rights::Login, format!("exec {frame}")),
        (Rights::Sudo, format!("exec sudo -n -- {frame}")),
        (Rights::SudoWithPassword(&secret), format!("exec sudo -S -p 'TOKEN password' -- {frame}")),
    ];
    for (rights, expected) in golden {
        assert_eq!(dialogue(rights).text(Work::Command("echo \"it's\"")), expected);
    }
}

#[test]
fn whole_end_is_told_whatever_way_the_bytes_are_cut() {
    let stderr = b"motd\nTOKEN start 4711\nwarning\n\nTOKEN end 3\n";
    for size in 1..=stderr.len() {
        let mut dialogue = dialogue(Rights::Login);
        for chunk in stderr.chunks(size) {
            dialogue.hear_stderr(chunk);
        }
        for chunk in b"noise of .bashrc\nTOKEN\nout".chunks(size) {
            dialogue.hear_stdout(chunk);
        }
        assert_eq!(dialogue.pid(), Some(4711));
        assert!(!dialogue.is_cut());
        let output = dialogue.finish(clean(3)).unwrap();
        assert_eq!(output.end, End::Exit(3));
        assert_eq!(output.stdout, b"out");
        assert_eq!(output.stderr, b"motd\nwarning\n");
    }
}

#[test]
fn ends() {
    let signal = |name: &str| End::Signal(name.to_owned());
    let told = |status: i64| format!("TOKEN start 1\n\nTOKEN end {status}\n");
    let killed = Ending { status: 0, signal: Some("KILL".to_owned()) };
    let golden = [
        (told(0), clean(0), End::Exit(0)),
        (told(100), clean(100), End::Exit(100)),
        (told(137), clean(137), signal("KILL")),
        (told(143), clean(143), signal("TERM")),
        (told(255), clean(255), End::Exit(255)),
        ("TOKEN start 1\n".to_owned(), killed, signal("KILL")),
        ("TOKEN start 1\n".to_owned(), clean(2), End::Exit(2)),
    ];
    for (stderr, ending, expected) in golden {
        let mut dialogue = dialogue(Rights::Login);
        dialogue.hear_stderr(stderr.as_bytes());
        assert_eq!(dialogue.finish(ending).unwrap().end, expected, "{stderr}");
    }
}

#[test]
fn success_without_proof_is_a_lost_connection() {
    let mut dialogue = dialogue(Rights::Login);
    dialogue.hear_stderr(b"TOKEN start 1\nOTHER end 0\n");
    let trouble = dialogue.finish(clean(0)).unwrap_err();
    assert!(matches!(trouble.problem, Problem::Lost(_)));
}

#[test]
fn proof_survives_a_flood_and_late_words() {
    let mut dialogue = dialogue(Rights::Login);
    dialogue.hear_stderr(b"TOKEN start 1\n");
    dialogue.hear_stderr(&[b'x'; 10_000]);
    dialogue.hear_stderr(b"\nTOKEN end 0\nlate");
    let output = dialogue.finish(clean(0)).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert!(output.stderr.ends_with(b"xlate"));
}

#[test]
fn password_only_when_asked_and_once() {
    let secret = reference();
    let mut dialogue = dialogue(Rights::SudoWithPassword(&secret));
    assert_eq!(dialogue.turn(), Turn::Wait);
    dialogue.hear_stderr(b"lecture\nTOKEN pass");
    assert_eq!(dialogue.turn(), Turn::Wait);
    dialogue.hear_stderr(b"word");
    assert_eq!(dialogue.turn(), Turn::Password);
    dialogue.answered();
    assert_eq!(dialogue.turn(), Turn::Wait);
    dialogue.hear_stderr(b"Sorry, try again.\nTOKEN password");
    assert_eq!(dialogue.turn(), Turn::GiveUp);
    let trouble = dialogue.finish(clean(1)).unwrap_err();
    assert!(matches!(&trouble.problem, Problem::Privilege(text) if text.contains("refuses")));
    assert!(trouble.hint.contains("tried once only"));
}

#[test]
fn input_flows_at_once_when_sudo_does_not_ask() {
    let secret = reference();
    let mut dialogue = dialogue(Rights::SudoWithPassword(&secret));
    dialogue.hear_stderr(b"TOKEN start 9\n");
    assert_eq!(dialogue.turn(), Turn::Input);
    // What the command itself prints can't make us send the password.
    dialogue.hear_stderr(b"TOKEN password");
    assert_eq!(dialogue.turn(), Turn::Input);
}

#[test]
fn refusals_say_what_was_printed() {
    let mut refused = dialogue(Rights::Sudo);
    assert_eq!(refused.turn(), Turn::Input);
    refused.hear_stderr(b"sudo: a password is required\n");
    let trouble = refused.finish(clean(1)).unwrap_err();
    let expected = "sudo did not start the command: sudo: a password is required";
    assert_eq!(trouble.problem, Problem::Privilege(expected.to_owned()));

    let mut dialogue = dialogue(Rights::Login);
    dialogue.hear_stdout(b"This account is currently not available.\n");
    let trouble = dialogue.finish(clean(1)).unwrap_err();
    assert!(matches!(&trouble.problem, Problem::Answer(text) if text.contains("available.")));
}

#[test]
fn an_endless_lead_stays_bounded() {
    let mut dialogue = dialogue(Rights::Login);
    for _ in 0..100 {
        dialogue.hear_stderr(&[b'x'; 10_000]);
        assert!(dialogue.lead.len() <= LEAD);
    }
    dialogue.hear_stderr(b"TOKEN start 5\n");
    assert_eq!(dialogue.pid(), Some(5));
}

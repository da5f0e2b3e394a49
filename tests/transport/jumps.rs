use std::fs;

use mdc::manifest::SshConnection;
use mdc::transport::{Controller, Dialer, End, Problem};
use mdc::value::Digest;

use crate::sshd::{HEAVY, Sshd, command, keys, me, public, skips, stdout};

/// What all servers' keys are, in `last`'s file.
fn know(last: &Sshd, all: &[&Sshd]) {
    let lines = all.iter().map(|sshd| format!("[127.0.0.1]:{} {}\n", sshd.port, public("host")));
    last.know(&lines.collect::<String>());
}

pub(crate) fn hop(sshd: &Sshd) -> String {
    format!("{}@127.0.0.1:{}", me(), sshd.port)
}

#[test]
fn through_two_hosts_in_both_directions_at_full_length() {
    if skips("jump hosts") {
        return;
    }
    let _heavy = HEAVY.lock();
    let (one, two, last) = (Sshd::start(), Sshd::start(), Sshd::start());
    know(&last, &[&one, &two, &last]);
    let settings = SshConnection { jump: vec![hop(&one), hop(&two)], ..last.settings() };
    let mut host = last.connect(settings).unwrap();
    // The server sees the host before as its client.
    let client = stdout(&mut *host, "echo $SSH_CLIENT $PPID");
    assert!(client.starts_with("127.0.0.1 "), "{client}");
    let content = vec![7_u8; 8_000_000];
    let digest = Digest::of(&content);
    let run = "head -c 8000000 /dev/zero >&2 & sha256sum; wait";
    let output = host.run(&command(run), Some(&mut content.as_slice())).unwrap();
    assert_eq!(output.end, End::Exit(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{digest}  -\n"));
    for jump in [&one, &two] {
        assert_eq!(jump.children().len(), 1, "it went around");
    }
}

#[test]
fn each_host_on_the_way_has_to_be_known() {
    if skips("unknown jump hosts") {
        return;
    }
    let (one, last) = (Sshd::start(), Sshd::start());
    let settings = || SshConnection { jump: vec![hop(&one)], ..last.settings() };
    for (known, unknown) in [(&last, &one), (&one, &last)] {
        know(&last, &[known]);
        let failure = last.refusal(settings());
        let expected = format!("the host key of [127.0.0.1]:{} is not known", unknown.port);
        assert!(failure.to_string().contains(&expected), "{failure}");
    }
}

#[test]
fn a_jump_host_that_leads_nowhere_is_said() {
    if skips("refused forwarding") {
        return;
    }
    let (one, last) = (Sshd::with("AllowTcpForwarding no\n"), Sshd::start());
    know(&last, &[&one, &last]);
    let failure = last.refusal(SshConnection { jump: vec![hop(&one)], ..last.settings() });
    assert!(matches!(failure.problem, Problem::Unreachable(_)), "{failure:?}");
    assert!(failure.to_string().contains("the jump host does not get through"), "{failure}");
    assert!(failure.hint.contains("AllowTcpForwarding"));
}

#[test]
fn a_jump_host_that_dies_breaks_the_connection() {
    if skips("a dying jump host") {
        return;
    }
    let (one, last) = (Sshd::start(), Sshd::start());
    know(&last, &[&one, &last]);
    let settings = SshConnection { jump: vec![hop(&one)], ..last.settings() };
    let mut host = last.connect(settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
    let servants: Vec<String> = one.children().iter().map(ToString::to_string).collect();
    let killed = std::process::Command::new("kill").arg("-KILL").args(&servants).status().unwrap();
    assert!(killed.success());
    let failure = host.run(&command("true"), None).unwrap_err();
    assert!(matches!(failure.problem, Problem::Lost(_)), "{failure:?}");
}

#[test]
fn an_ssh_config_leads_the_same_way() {
    if skips("ssh-config") {
        return;
    }
    let (one, last) = (Sshd::start(), Sshd::start());
    know(&last, &[&one, &last]);
    let config = last.folder.join("config");
    let text = format!(
        "Include more\nHost gate\n  HostName 127.0.0.1\n  Port {}\n\
         Host *\n  User {}\n  IdentityFile {}\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n\
         Match exec true\n  User nobody\n",
        one.port,
        me(),
        keys().join("user"),
        last.folder.join("known_hosts"),
    );
    fs::write(&config, text).unwrap();
    fs::create_dir(last.folder.join(".ssh")).unwrap();
    let more =
        format!("Host web-1\n  HostName 127.0.0.1\n  Port {}\n  ProxyJump gate\n", last.port);
    fs::write(last.folder.join(".ssh/more"), more).unwrap();
    let home = Some(last.folder.clone());
    let dialer = Dialer::of(Controller { user: None, home, agent: None });
    let settings = SshConnection { ssh_config: Some("config".into()), ..SshConnection::default() };
    let settings = SshConnection { timeouts: last.settings().timeouts, ..settings };
    let mut host = last.dial(&dialer, "web-1", settings).unwrap();
    assert_eq!(stdout(&mut *host, "echo in"), "in\n");
    assert_eq!(one.children().len(), 1);
    let notes = dialer.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("`Match` is not understood"), "{notes:?}");
}

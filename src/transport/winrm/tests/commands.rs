//! Commands: what goes in and comes out.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::manifest::WinrmAuth;
use crate::transport::process::Shell;

use super::harness::{Host, open, requests, run, run_with, told, variable};

#[test]
fn much_goes_in_and_much_comes_out() {
    let Some(host) = Host::start(&["--envelope", "150"]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let input: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let digest = crate::value::Digest::of(&input).to_string();
    let left = run(&mut shell, "sha256sum; seq 200000", &input).unwrap();
    assert!(left.stdout.starts_with(&digest), "{}", &left.stdout[..80]);
    assert!(left.stdout.ends_with("\n200000\n"));
    drop(shell);
    let said = host.end();
    assert!(requests(&said, "Send") > 30, "{}", requests(&said, "Send"));
}

#[test]
fn a_command_that_reads_and_prints_at_once() {
    let Some(host) = Host::start(&[]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let input = vec![b'x'; 700_000];
    assert_eq!(run(&mut shell, "cat", &input).unwrap().stdout.len(), input.len());
    drop(shell);
    host.end();
}

#[test]
fn a_command_may_end_before_its_input() {
    let Some(host) = Host::start(&[]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let left = run(&mut shell, "head -c 5; exit 3", &vec![b'x'; 3_000_000]).unwrap();
    assert_eq!((left.status, left.stdout.as_str()), (3, "xxxxx"));
    drop(shell);
    host.end();
}

#[test]
fn one_shell_for_many_commands_and_none_left() {
    let Some(host) = Host::start(&["--shells", "1"]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    for number in 0..10 {
        assert_eq!(run(&mut shell, &format!("exit {number}"), b"").unwrap().status, number);
    }
    drop(shell);
    let said = host.end();
    assert_eq!((requests(&said, "Create"), requests(&said, "Delete")), (1, 1));
    assert_eq!(requests(&said, "Signal"), 10);
}

#[test]
fn a_command_that_is_dropped_is_ended() {
    let Some(host) = Host::start(&[]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    drop(shell.start("sleep 1000", until).unwrap());
    assert_eq!(run(&mut shell, "exit 4", b"").unwrap().status, 4);
    drop(shell);
    let said = host.end();
    assert_eq!(requests(&said, "Signal"), 2, "{said:?}");
}

#[test]
fn waiting_ends_when_it_is_to_end() {
    let Some(host) = Host::start(&[]) else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let began = Instant::now();
    let mut process = shell.start("sleep 1000", began).unwrap();
    process.wait(began + Duration::from_millis(700), false).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(process);
    drop(shell);
    host.end();
}

#[test]
fn many_hosts_at_once_leave_nothing_behind() {
    let Some(host) = Host::start(&["--shells", "100"]) else { return };
    std::thread::scope(|scope| {
        for number in 0..100 {
            let host = &host;
            scope.spawn(move || {
                let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
                assert_eq!(run(&mut shell, &format!("exit {number}"), b"").unwrap().status, number);
            });
        }
    });
    let said = host.end();
    assert_eq!(requests(&said, "Create"), 100);
    assert!(told(&said, "broken").is_empty(), "{said:?}");
}

/// How fast it goes is printed and not judged here: `benches/winrm` runs this with more bytes, in the release build.
#[test]
fn an_input_larger_than_any_buffer_goes_in_whole() {
    let Some(host) = Host::start(&[]) else { return };
    let size = variable("MDC_WINRM_BYTES").map_or(20_000_000, |it| it.parse::<u64>().unwrap());
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    let began = Instant::now();
    let mut input = std::io::repeat(b'x').take(size);
    let left = run_with(&mut shell, "wc -c", &mut input).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(left.stdout.trim(), size.to_string());
    eprintln!("{size} bytes over WinRM in {seconds:.2} s");
    drop(shell);
    host.end();
}

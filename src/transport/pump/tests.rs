use std::collections::VecDeque;
use std::time::Duration;

use super::*;
use crate::transport::dialogue::Dialogue;
use crate::transport::sudo::Rights;
use crate::transport::token::Token;
use crate::value::SecretReference;

/// A process that does as a script says, one line for each sleep.
#[derive(Default)]
struct Scripted {
    /// What standard error says after each sleep.
    says: VecDeque<&'static str>,
    heard: VecDeque<u8>,
    /// What was written to it.
    got: Vec<u8>,
    /// Writes that find no room, half a packet being left behind.
    refusals: usize,
    /// Where the refused bytes were.
    refused: Option<*const u8>,
    ended_input: bool,
    sleeps: usize,
}

impl Process for Scripted {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> Result<Moved, Problem> {
        if stream == Stream::Stdout || self.heard.is_empty() {
            return Ok(Moved::Nothing);
        }
        Ok(Moved::Bytes(self.heard.read(buffer).unwrap()))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Moved, Problem> {
        if let Some(refused) = self.refused.take() {
            assert_eq!(refused, bytes.as_ptr(), "other bytes than the half packet's");
        }
        if self.refusals > 0 {
            self.refusals -= 1;
            self.refused = Some(bytes.as_ptr());
            return Ok(Moved::Nothing);
        }
        let count = bytes.len().min(3);
        self.got.extend_from_slice(&bytes[..count]);
        Ok(Moved::Bytes(count))
    }

    fn is_half_sent(&self) -> bool {
        self.refused.is_some()
    }

    fn end_input(&mut self) -> Result<bool, Problem> {
        self.ended_input = true;
        Ok(true)
    }

    fn ended(&mut self) -> Result<Option<Ending>, Problem> {
        let over = self.says.is_empty() && self.ended_input;
        Ok(over.then_some(Ending { status: 0, signal: None }))
    }

    fn wait(&mut self, _: Instant, _: bool) -> Result<(), Problem> {
        self.sleeps += 1;
        self.heard.extend(self.says.pop_front().unwrap_or_default().bytes());
        Ok(())
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn run(says: &[&'static str], rights: Rights<'_>, refusals: usize) -> (Scripted, usize) {
    let mut process =
        Scripted { says: says.iter().copied().collect(), refusals, ..Scripted::default() };
    let mut dialogue = Dialogue::new(Token::fixed(), rights, 100);
    let asked = std::cell::Cell::new(0);
    let password = || {
        asked.set(asked.get() + 1);
        Ok(Secret::new("open".to_owned()))
    };
    let mut input = "input".as_bytes();
    let mut feed = Feed::new(Some(&mut input), &password);
    pump(&mut process, &mut dialogue, &mut feed, soon()).unwrap();
    (process, asked.get())
}

#[test]
fn input_waits_for_sudo_and_the_password_for_its_question() {
    let secret = SecretReference::Env("S".to_owned());
    let sudo = Rights::SudoWithPassword(&secret);
    let golden: [(&[&str], Rights<'_>, &str, usize); 5] = [
        (&["TOKEN start 1\n"], Rights::Login, "input", 0),
        (&["TOKEN start 1\n"], sudo, "input", 0),
        (&["TOKEN password", "\nTOKEN start 1\n"], sudo, "open\ninput", 1),
        (&["TOKEN pass", "word", "TOKEN sta", "rt 1\n"], sudo, "open\ninput", 1),
        // Asked again: the password is wrong, and nothing more is said.
        (&["TOKEN password", "Sorry.\nTOKEN password", ""], sudo, "open\n", 1),
    ];
    for (says, rights, expected, asked) in golden {
        for refusals in 0..3 {
            let (process, count) = run(says, rights, refusals);
            assert_eq!(String::from_utf8(process.got).unwrap(), expected, "{says:?}");
            assert_eq!(count, asked, "{says:?}");
            assert!(process.ended_input);
            assert!(process.sleeps < 20, "it spins");
        }
    }
}

#[test]
fn half_a_packet_is_finished_before_anything_else() {
    let mut process = Scripted { refusals: 4, ..Scripted::default() };
    let mut dialogue = Dialogue::new(Token::fixed(), Rights::Login, 100);
    let password = || Ok(Secret::new("open".to_owned()));
    let mut input = "input".as_bytes();
    let mut feed = Feed::new(Some(&mut input), &password);
    feed.feed(&mut process, &mut dialogue).unwrap();
    assert!(process.is_half_sent());
    feed.finish_write(&mut process, soon()).unwrap();
    assert_eq!(process.got, b"inp");
    assert!(!process.is_half_sent());

    let mut stuck = Scripted { refusals: usize::MAX, ..Scripted::default() };
    feed.feed(&mut stuck, &mut dialogue).unwrap();
    assert!(matches!(feed.finish_write(&mut stuck, Instant::now()), Err(Halt::OutOfTime)));
}

#[test]
fn a_password_that_cannot_be_had_halts_here() {
    let secret = SecretReference::Env("S".to_owned());
    let mut process = Scripted { says: ["TOKEN password"].into(), ..Scripted::default() };
    let mut dialogue = Dialogue::new(Token::fixed(), Rights::SudoWithPassword(&secret), 100);
    let password = || Err(Problem::Secret("no".to_owned()));
    let mut feed = Feed::new(None, &password);
    let halt = pump(&mut process, &mut dialogue, &mut feed, soon()).unwrap_err();
    assert!(matches!(halt, Halt::Here(Problem::Secret(_))));
    assert!(process.got.is_empty());
}

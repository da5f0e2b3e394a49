//! Progress as lines with the time since the start, for logs and for terminals that can't draw.

use std::io::Write;
use std::time::Duration;

use super::track::{Track, waits};
use super::{Progress, Subject};
use crate::address::HostName;
use crate::apply::Event;
use crate::view::document::Text;
use crate::view::terminal::{self, Style};
use crate::view::words;

/// A wait that is longer says so.
const QUIET: Duration = Duration::from_secs(10);
/// So many waiting steps are named at once.
const NAMED: usize = 3;

/// Writes one line for each event but the bytes of a copy, and for long waits. Lines are not broken:
/// their readers are often programs.
pub struct Plain<'a> {
    out: &'a mut dyn Write,
    style: Style,
    track: Track<'a>,
    last: Duration,
}

impl<'a> Plain<'a> {
    /// Writes to `out`.
    pub fn new(out: &'a mut dyn Write, style: Style, subject: Subject<'a>) -> Self {
        Self { out, style, track: Track::new(subject), last: Duration::ZERO }
    }

    fn write(&mut self, at: Duration, text: &Text) {
        let seconds = at.as_secs();
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let line = terminal::line(text, &self.style);
        let line = format!("+{hours:02}:{minutes:02}:{:02}  {line}\n", seconds % 60);
        // In one piece: others may write to the same log. What can't be shown is lost; the journal has it all.
        let _ = self.out.write_all(line.as_bytes());
        self.last = at;
    }
}

impl Progress for Plain<'_> {
    fn host(&mut self, at: Duration, host: &HostName, unreadable: Option<&str>) {
        let line = self.track.host(host, unreadable);
        self.write(at, &line);
    }

    fn event(&mut self, at: Duration, event: &Event) {
        if let Some(line) = self.track.event(at, event) {
            self.write(at, &line);
        }
    }

    fn tick(&mut self, at: Duration) {
        if at.saturating_sub(self.last) < QUIET {
            return;
        }
        for line in waiting(&self.track, at) {
            self.write(at, &waits(line));
        }
    }
}

fn waiting(track: &Track<'_>, at: Duration) -> Vec<String> {
    let running = track.longest_running();
    let mut lines: Vec<String> =
        running.iter().take(NAMED).map(|step| track.waiting(step, at)).collect();
    if running.len() > NAMED {
        lines.push(format!("and {} more", words::count(running.len() - NAMED, "step")));
    }
    lines.extend(track.hosts_left());
    lines
}

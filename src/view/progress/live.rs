//! Progress as bars at the bottom of a terminal; lines that stay scroll away above them.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::track::Track;
use super::{Progress, Subject};
use crate::address::HostName;
use crate::apply::Event;
use crate::view::document::{Label, Text};
use crate::view::terminal::{self, Style};
use crate::view::words;

/// So many running steps have a line of their own: more would push the lines that stay off a
/// small terminal.
const ROWS: usize = 8;

/// Draws on the standard error.
pub struct Live<'a> {
    style: Style,
    track: Track<'a>,
    bars: MultiProgress,
    overall: ProgressBar,
    rows: BTreeMap<String, ProgressBar>,
}

impl<'a> Live<'a> {
    /// Draws until it is dropped.
    #[must_use]
    pub fn new(style: Style, subject: Subject<'a>) -> Self {
        Self::on(ProgressDrawTarget::stderr(), style, subject)
    }

    /// Draws on `target`.
    pub(super) fn on(target: ProgressDrawTarget, style: Style, subject: Subject<'a>) -> Self {
        let track = Track::new(subject);
        let bars = MultiProgress::with_draw_target(target);
        let overall = bars.add(ProgressBar::new(track.total as u64).with_style(overall(style)));
        Self { style, track, bars, overall, rows: BTreeMap::new() }
    }

    /// Prints a line above the bars.
    fn keep(&self, text: &Text) {
        // What can't be shown is lost; the journal has it all.
        let _ = self.bars.println(terminal::line(text, &self.style));
    }

    fn draw(&mut self, at: Duration) {
        self.drop_ended_rows();
        self.add_rows();
        for (step, row) in &self.rows {
            let text = Text::of(Label::Plain, self.track.waiting(step, at));
            row.set_message(terminal::line(&text, &self.style));
            row.tick();
        }
        self.overall.set_length(self.track.total as u64);
        self.overall.set_position(self.track.finished as u64);
        self.overall.set_message(self.more(at));
    }

    fn drop_ended_rows(&mut self) {
        let ended: Vec<String> = self
            .rows
            .keys()
            .filter(|step| !self.track.running.contains_key(*step))
            .cloned()
            .collect();
        for row in ended.iter().filter_map(|step| self.rows.remove(step)) {
            row.finish_and_clear();
            self.bars.remove(&row);
        }
    }

    fn add_rows(&mut self) {
        let waiting: Vec<String> = self
            .track
            .longest_running()
            .into_iter()
            .filter(|step| !self.rows.contains_key(*step))
            .take(ROWS.saturating_sub(self.rows.len()))
            .map(str::to_owned)
            .collect();
        for step in waiting {
            let row = self.bars.add(ProgressBar::new_spinner().with_style(row(self.style)));
            self.rows.insert(step, row);
        }
    }

    fn more(&self, at: Duration) -> String {
        let elapsed = words::about(at);
        match self.track.running.len().saturating_sub(self.rows.len()) {
            0 => elapsed,
            more => format!("{elapsed}, {more} more running"),
        }
    }
}

impl Progress for Live<'_> {
    fn host(&mut self, at: Duration, host: &HostName, unreadable: Option<&str>) {
        let line = self.track.host(host, unreadable);
        if unreadable.is_some() {
            self.keep(&line);
        }
        self.draw(at);
    }

    fn event(&mut self, at: Duration, event: &Event) {
        let line = self.track.event(at, event);
        match (event, line) {
            (Event::StepStarted { .. } | Event::CommandStarted { .. }, _) | (_, None) => {}
            (_, Some(line)) => self.keep(&line),
        }
        self.draw(at);
    }

    fn tick(&mut self, at: Duration) {
        self.draw(at);
    }
}

impl Drop for Live<'_> {
    /// Leaves the terminal clean, however the run ended.
    fn drop(&mut self) {
        self.rows.values().for_each(ProgressBar::finish_and_clear);
        self.overall.finish_and_clear();
    }
}

fn overall(style: Style) -> ProgressStyle {
    let template = if style.unicode {
        "  {bar:32} {pos}/{len}, {wide_msg}"
    } else {
        "  [{bar:32}] {pos}/{len}, {wide_msg}"
    };
    let signs = if style.unicode { "━╸─" } else { "=>-" };
    styled(template).progress_chars(signs)
}

fn row(style: Style) -> ProgressStyle {
    let turning = if style.unicode { "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ " } else { "-\\|/ " };
    styled("  {spinner} {wide_msg}").tick_chars(turning)
}

/// The templates are our own, and the tests draw with each of them.
fn styled(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

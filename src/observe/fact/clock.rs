//! How far the host's clock is ahead of the controller's.
//!
//! The host tells its time first and ends with the time it took since then (from `/proc/uptime`, at
//! no cost), so a slow health probe does not look like a wrong clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::observe::Unreadable;
use crate::observe::answer::{Answer, odd};

/// `EPOCHSECONDS` is built into newer shells; others start `date`.
pub(in crate::observe) const SCRIPT: &str = r#"
read -r up rest </proc/uptime; printf '@mdc clock %s %s\n' "${EPOCHSECONDS:-$(date +%s)}" "$up"
"#;

/// Waits for the probes, then marks the end of the answer.
pub(in crate::observe) const END: &str = r#"
wait; read -r up rest </proc/uptime; printf '@mdc end %s\n' "$up"
"#;

/// When the controller asked, by its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// The questions left.
    pub sent: Timestamp,
    /// The answer was whole.
    pub received: Timestamp,
}

/// Whole seconds, towards zero: below a second the clocks count as equal.
pub(in crate::observe) fn parse(answer: &Answer<'_>, at: Exchange) -> Result<i64, Unreadable> {
    let (line, end) = (answer.one("clock")?, answer.one("end")?);
    let (time, up) = line.split_once(' ').ok_or_else(|| odd("clock", line))?;
    let host = time.parse::<u32>().map_err(|_| odd("clock", time))?;
    let spent = uptime(end)?.saturating_sub(uptime(up)?);
    let spent = i64::try_from(spent.as_millis()).unwrap_or(i64::MAX);
    let (asked, answered) = (at.sent.as_millisecond(), at.received.as_millisecond());
    // The host looked at its clock after the questions left and before its work began.
    let latest = answered.saturating_sub(spent).max(asked);
    let looked = asked.midpoint(latest);
    // It tells whole seconds: half a second past them is the best guess.
    Ok((i64::from(host) * 1000 + 500).saturating_sub(looked) / 1000)
}

fn uptime(text: &str) -> Result<Duration, Unreadable> {
    let seconds = text.parse::<f64>().map_err(|_| odd("clock", text))?;
    Duration::try_from_secs_f64(seconds).map_err(|_| odd("clock", text))
}

//! Times as people read them: to the second, in UTC, so that controllers anywhere agree.

use std::time::Duration;

use jiff::Timestamp;

use super::about;
use crate::value::Period;

/// A time with its day.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time of the day `of`, or with its own day when that is another.
#[must_use]
pub fn time_of_day(at: Timestamp, of: Timestamp) -> String {
    let same = at.strftime("%F").to_string() == of.strftime("%F").to_string();
    at.strftime(if same { "%H:%M:%S" } else { "%F %H:%M:%S" }).to_string()
}

/// When something begins: counted from the start, or from when the window opens.
#[must_use]
pub fn after((begins, in_window): (Duration, bool)) -> String {
    match (begins.is_zero(), in_window) {
        (true, false) => "from the start".to_owned(),
        (true, true) => "as soon as the window opens".to_owned(),
        (false, false) => format!("about {} after the start", about(begins)),
        (false, true) => format!("about {} after the window opens", about(begins)),
    }
}

/// A length of time that may be long: in days from two of them on.
#[must_use]
pub fn days(time: Period) -> String {
    match time.whole_seconds() / 86_400 {
        0 | 1 => time.rounded().to_string(),
        days => format!("{days} days"),
    }
}

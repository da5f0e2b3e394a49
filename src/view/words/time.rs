//! Times as people read them: to the second, in UTC, so that controllers anywhere agree.

use jiff::Timestamp;

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

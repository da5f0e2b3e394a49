//! Times in a file of allowed signers: `YYYYMMDD[HHMM[SS]]Z`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The time that `text` names. Without a `Z` it would name another time on each machine
/// (ssh-keygen(1): "interpreted in the current system time zone"), so that is none.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (number(8, 10)?, number(10, 12)?, 0),
        14 => (number(8, 10)?, number(10, 12)?, number(12, 14)?),
        _ => return None,
    };
    let time = DateTime::new(year, number(4, 6)?, number(6, 8)?, hour, minute, second, 0).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

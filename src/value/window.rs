//! When something may run: hours of a week or of one day in a time zone, and days on which it never
//! may.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many days ahead the next opening is looked for.
const DAYS: u16 = 400;
/// The first day of windows without one of their own, when they are measured.
const FIRST: Date = jiff::civil::date(2026, 1, 2);

/// When something may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The time zone's name in the IANA database.
    pub zone: String,
    /// When it is open.
    pub open: Vec<Opening>,
    /// When it is closed all the same.
    pub freeze: Vec<Freeze>,
}

/// Hours in which a window is open; they may end on the day after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    on: Days,
    from: Time,
    to: Time,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    Each,
    Of(Vec<Weekday>),
    On(Date),
}

/// Days from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    first: Date,
    last: Date,
}

/// Why a text is not an opening.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "hours are written like `Sat 22:00-04:00`, `Sat,Sun 01:00-05:00`, `daily 01:00-03:00` or \
     `2026-12-05 20:00-23:30`, and midnight is `00:00`, also at the end"
)]
pub struct OpeningError;

/// Why a text is not a freeze.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("days are written like `2026-12-20..2027-01-06` or `2026-12-24`, the earlier one first")]
pub struct FreezeError;

/// No such time zone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the time zone database has no `{0}`; zones are named like `Europe/Vienna` or `UTC`")]
pub struct ZoneError(pub String);

impl Window {
    /// The zone's rules.
    ///
    /// # Errors
    /// When the database has no such zone.
    pub fn rules(&self) -> Result<TimeZone, ZoneError> {
        Self::rules_of(&self.zone)
    }

    /// The rules of the zone that is called `name`.
    ///
    /// # Errors
    /// When the database has no such zone.
    pub fn rules_of(name: &str) -> Result<TimeZone, ZoneError> {
        TimeZone::get(name).map_err(|_| ZoneError(name.to_owned()))
    }

    /// How long it stays open from `now`; none when it is closed.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        let end = self.end(now, &self.rules().ok()?)?;
        Duration::try_from(end.duration_since(now)).ok()
    }

    /// When it opens next, after `now` and after it has closed in between.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Zoned> {
        let zone = self.rules().ok()?;
        self.start(now, &zone).map(|at| at.to_zoned(zone))
    }

    /// How long each of its openings to come is, what is left of the one at `now` first: without what is
    /// frozen, by the clock of those days. Looks as far ahead as [`next`](Self::next) does.
    #[must_use]
    pub fn openings(&self, now: Timestamp) -> Vec<Duration> {
        let Ok(zone) = self.rules() else { return Vec::new() };
        let horizon = now.checked_add(Duration::from_secs(86_400 * u64::from(DAYS))).unwrap_or(now);
        let first = Some(now).filter(|_| self.end(now, &zone).is_some());
        let first = first.or_else(|| self.start(now, &zone));
        let starts = std::iter::successors(first, |at| self.start(*at, &zone));
        let starts = starts.take_while(|at| *at < horizon);
        starts.filter_map(|at| self.left(at)).collect()
    }

    /// How long its shortest and its longest opening are, by the clock of the year that its first date is in,
    /// or of 2026: the same at any time. None when it never opens.
    #[must_use]
    pub fn lengths(&self) -> Option<(Duration, Duration)> {
        let dates = self.open.iter().filter_map(|opening| match opening.on {
            Days::On(date) => Some(date),
            Days::Each | Days::Of(_) => None,
        });
        let first = dates.min().unwrap_or(FIRST);
        // The day before: an opening that has begun would be cut off.
        let noon = first.yesterday().ok()?.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?;
        let openings = self.openings(noon.timestamp());
        Some((*openings.iter().min()?, *openings.iter().max()?))
    }

    /// When it closes, if it is open at `now`: what opens when it would close keeps it open.
    fn end(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let later = |end: &Timestamp| self.held(*end, zone);
        std::iter::successors(self.held(now, zone), later).take(usize::from(DAYS)).last()
    }

    /// Until when the hours that hold `now` last.
    fn held(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = now.to_zoned(zone.clone()).date();
        let days = [today.yesterday().ok(), Some(today)];
        let spans = days.into_iter().flatten().flat_map(|day| self.spans(day, zone));
        spans.filter(|(from, to)| *from <= now && now < *to).map(|(_, to)| to).max()
    }

    /// When it opens next, once it has closed.
    fn start(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let now = self.end(now, zone).unwrap_or(now);
        let today = now.to_zoned(zone.clone()).date();
        let days = std::iter::successors(Some(today), |day| day.tomorrow().ok());
        let mut later = days.take(usize::from(DAYS)).filter_map(|day| {
            let starts = self.spans(day, zone).into_iter().map(|(from, _)| from);
            starts.filter(|from| *from > now).min()
        });
        later.next()
    }

    /// The times that begin on `day`, without what is frozen and what clocks leave out.
    fn spans(&self, day: Date, zone: &TimeZone) -> Vec<(Timestamp, Timestamp)> {
        let spans = self.open.iter().filter(|opening| opening.on.has(day));
        let spans = spans.filter_map(|opening| self.span(opening, day, zone));
        spans.filter(|(from, to)| from < to).collect()
    }

    /// When clocks are set forward or back in between, it is as long as the hours really are.
    fn span(
        &self,
        opening: &Opening,
        day: Date,
        zone: &TimeZone,
    ) -> Option<(Timestamp, Timestamp)> {
        if self.is_frozen(day) {
            return None;
        }
        let from = at(day, opening.from, zone)?;
        if opening.from < opening.to {
            return Some((from, at(day, opening.to, zone)?));
        }
        let after = day.tomorrow().ok()?;
        // What is open past midnight closes there when the next day is frozen.
        let to = if self.is_frozen(after) { Time::midnight() } else { opening.to };
        Some((from, at(after, to, zone)?))
    }

    fn is_frozen(&self, day: Date) -> bool {
        self.freeze.iter().any(|freeze| freeze.first <= day && day <= freeze.last)
    }
}

/// When the clocks of the zone show this; for an hour that they leave out, when they are set forward.
fn at(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let shown = day.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    if let AmbiguousOffset::Gap { after, .. } = ambiguous.offset() {
        let before = after.to_timestamp(shown).ok()?;
        return zone.following(before).next().map(|set| set.timestamp());
    }
    ambiguous.compatible().ok()
}

impl Days {
    fn has(&self, day: Date) -> bool {
        match self {
            Self::Each => true,
            Self::Of(days) => days.contains(&day.weekday()),
            Self::On(date) => *date == day,
        }
    }
}

const WEEK: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Self, OpeningError> {
        let (days, hours) = text.split_once(' ').ok_or(OpeningError)?;
        let (from, to) = hours.split_once('-').ok_or(OpeningError)?;
        let (from, to) = (time(from)?, time(to)?);
        let weekday = |name: &str| {
            WEEK.iter().find(|(known, _)| *known == name).map(|(_, day)| *day).ok_or(OpeningError)
        };
        let on = match days.parse() {
            _ if days == "daily" => Days::Each,
            Ok(date) => Days::On(date),
            Err(_) => Days::Of(days.split(',').map(weekday).collect::<Result<_, _>>()?),
        };
        Ok(Self { on, from, to })
    }
}

fn time(text: &str) -> Result<Time, OpeningError> {
    let (hour, minute) = text.split_once(':').ok_or(OpeningError)?;
    let number = |digits: &str| -> Result<i8, OpeningError> {
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        two.then(|| digits.parse().ok()).flatten().ok_or(OpeningError)
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).map_err(|_| OpeningError)
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            |day: &Weekday| WEEK.iter().find(|(_, it)| it == day).map_or("", |(name, _)| name);
        match &self.on {
            Days::Each => f.write_str("daily")?,
            Days::On(date) => write!(f, "{date}")?,
            Days::Of(days) => f.write_str(&days.iter().map(name).collect::<Vec<_>>().join(","))?,
        }
        write!(f, " {}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl FromStr for Freeze {
    type Err = FreezeError;

    fn from_str(text: &str) -> Result<Self, FreezeError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let date = |text: &str| text.parse::<Date>().map_err(|_| FreezeError);
        let (first, last) = (date(first)?, date(last)?);
        if first <= last { Ok(Self { first, last }) } else { Err(FreezeError) }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first, self.last)
    }
}

/// As it is written, part by part.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    zone: String,
    open: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    freeze: Vec<String>,
}

impl Serialize for Window {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            zone: self.zone.clone(),
            open: self.open.iter().map(ToString::to_string).collect(),
            freeze: self.freeze.iter().map(ToString::to_string).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { zone, open, freeze } = Written::deserialize(deserializer)?;
        let window = Self {
            zone,
            open: parsed(&open).map_err(serde::de::Error::custom::<OpeningError>)?,
            freeze: parsed(&freeze).map_err(serde::de::Error::custom::<FreezeError>)?,
        };
        window.rules().map_err(serde::de::Error::custom)?;
        Ok(window)
    }
}

fn parsed<T: FromStr>(texts: &[String]) -> Result<Vec<T>, T::Err> {
    texts.iter().map(|text| text.parse()).collect()
}

impl schemars::JsonSchema for Window {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Window".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let texts = |what: &str| {
            let items = serde_json::json!({ "type": "string" });
            serde_json::json!({ "type": "array", "items": items, "description": what })
        };
        let zone = "The time zone's name in the IANA database.";
        schemars::json_schema!({
            "type": "object",
            "properties": {
                "zone": { "type": "string", "description": zone },
                "open": texts("When it is open: `Sat 22:00-04:00`, `daily 01:00-03:00`."),
                "freeze": texts("Days on which it is closed all the same: `2026-12-20..2027-01-06`."),
            },
            "required": ["zone", "open"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests;

//! The form of a host's answer: one line a fact, `@mdc KEY VALUE`, and an `end` line that proves
//! that the answer is whole.
//!
//! What a host's programs print reaches the answer only inside a value, and the script puts it
//! there without line ends: it can't pretend to be another fact. Lines without the mark, such as
//! the greeting of a login script, are passed over.

use std::collections::BTreeMap;

use super::Unreadable;
use crate::transport::MARK;
use crate::value::steers;

/// No host has more to say; what is longer is not an answer to our questions.
const LONGEST: usize = 1 << 20;
/// The longest text of a host that is kept, in characters: two lines of a terminal.
const LONGEST_TEXT: usize = 200;

/// An answer, by key.
#[derive(Debug)]
pub(super) struct Answer<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Answer<'a> {
    /// Finds the facts' lines in what a host printed.
    pub(super) fn read(text: &'a str) -> Result<Self, Unreadable> {
        if text.len() > LONGEST {
            return Err(Unreadable::new(
                format!("its answer is longer than {} KiB", LONGEST >> 10),
                "look for a login script on the host that prints without end",
            ));
        }
        let mut lines = BTreeMap::<_, Vec<_>>::new();
        // A line counts when its own end was seen: `split_inclusive` keeps it.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if let Some(fact) = line.strip_prefix(MARK) {
                let (key, value) = fact.split_once(' ').unwrap_or((fact, ""));
                lines.entry(key).or_default().push(value.trim());
            }
        }
        if !lines.contains_key("end") {
            return Err(Unreadable::new(
                "its answer was cut off: the end mark is missing",
                "try again; when it happens again, log in and look for a login script or a limit \
                 that ends the shell",
            ));
        }
        Ok(Self(lines))
    }

    /// The value of a fact that is told exactly once.
    pub(super) fn one(&self, key: &str) -> Result<&'a str, Unreadable> {
        match self.all(key) {
            [value] => Ok(value),
            [] => Err(not_usable(format!("it doesn't tell `{key}`"))),
            _ => Err(not_usable(format!("it tells `{key}` more than once"))),
        }
    }

    /// The values of a fact that may be told in several lines, in their order.
    pub(super) fn all(&self, key: &str) -> &[&'a str] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

/// An answer that is whole but makes no sense, with `problem` as a clause.
pub(super) fn not_usable(problem: impl AsRef<str>) -> Unreadable {
    Unreadable::new(
        format!("its answer can't be used: {}", problem.as_ref()),
        "log in and look whether the host's own tools (`df`, `date`, `systemctl`, the package \
         manager) work there",
    )
}

/// A value that is not what its fact should look like.
pub(super) fn odd(key: &str, value: &str) -> Unreadable {
    not_usable(format!("`{key}` is `{}`", printable(value)))
}

/// Text of a host, made safe to show: steering characters become spaces, and only the beginning is
/// kept.
pub(super) fn printable(text: &str) -> String {
    let safe = |c: char| if steers(c) { ' ' } else { c };
    let mut shown: String = text.chars().take(LONGEST_TEXT).map(safe).collect();
    if text.chars().nth(LONGEST_TEXT).is_some() {
        shown.push('…');
    }
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_the_mark_are_passed_over() {
        let answer =
            Answer::read("Welcome\n@mdc disk 5\nx @mdc disk 6\n@mdc end 1\nbye\n").unwrap();
        assert_eq!(answer.one("disk").unwrap(), "5");
    }

    #[test]
    fn a_cut_answer_is_recognised() {
        for cut in ["", "@mdc disk 5\n", "@mdc disk 5\n@mdc end 1.0"] {
            assert!(Answer::read(cut).unwrap_err().reason.contains("cut off"), "{cut:?}");
        }
    }

    #[test]
    fn a_fact_told_twice_is_refused() {
        let answer = Answer::read("@mdc boot a\n@mdc boot b\n@mdc end 1\n").unwrap();
        assert!(answer.one("boot").unwrap_err().reason.contains("more than once"));
        assert!(answer.one("clock").unwrap_err().reason.contains("doesn't tell `clock`"));
    }

    #[test]
    fn what_is_shown_is_harmless_and_short() {
        assert_eq!(printable("\u{1b}[2Jred\u{202e}\r\n"), "[2Jred");
        assert_eq!(printable(&"ä".repeat(300)).chars().count(), LONGEST_TEXT + 1);
    }

    #[test]
    fn an_endless_answer_is_refused() {
        let endless = "x".repeat(LONGEST + 1);
        assert!(Answer::read(&endless).unwrap_err().reason.contains("1024 KiB"));
    }
}

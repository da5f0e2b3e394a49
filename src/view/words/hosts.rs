//! Many host names as few words: `core-[01..12], db-01`, in the form in which a manifest writes a
//! range.

use std::fmt::Write as _;

/// The names in order, those that differ in one number of neighbouring values as a range.
#[must_use]
pub fn hosts<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut parts: Vec<Numbered<'a>> = names.into_iter().map(Numbered::of).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut words = String::new();
    for range in parts.chunk_by(Numbered::is_before) {
        if let ([first, ..], [.., last]) = (range, range) {
            if !words.is_empty() {
                words.push_str(", ");
            }
            push_range(&mut words, first, last);
        }
    }
    words
}

fn push_range(words: &mut String, first: &Numbered<'_>, last: &Numbered<'_>) {
    words.push_str(first.before);
    if first == last {
        words.push_str(first.digits);
    } else {
        // Writing to a string can't fail.
        let _ = write!(words, "[{}..{}]", first.digits, last.digits);
    }
    words.push_str(first.after);
}

/// A name, split around its last number. The order of the fields is the order of the names: numbers
/// of more digits come later, so that `core-10` follows `core-9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Numbered<'a> {
    before: &'a str,
    after: &'a str,
    length: usize,
    digits: &'a str,
}

impl<'a> Numbered<'a> {
    /// The number is the last one of the name's first label: `core-01` of `core-01.example.net`.
    fn of(name: &'a str) -> Self {
        let label = name.split('.').next().unwrap_or(name);
        let front = label.trim_end_matches(|c: char| !c.is_ascii_digit());
        let before = front.trim_end_matches(|c: char| c.is_ascii_digit());
        let (_, after) = name.split_at(front.len());
        let (_, digits) = front.split_at(before.len());
        Self { before, after, length: digits.len(), digits }
    }

    /// Whether `next` is the same name with the next number, written in the same manner.
    fn is_before(&self, next: &Self) -> bool {
        let same = self.before == next.before && self.after == next.after;
        let grown = next.length == self.length
            || (next.length == self.length + 1 && !self.digits.starts_with('0'));
        let (here, there) = (self.digits.parse::<u64>(), next.digits.parse::<u64>());
        same && grown && here.ok().and_then(|n| n.checked_add(1)).is_some_and(|n| there == Ok(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_numbers_become_a_range() {
        for (names, expected) in [
            (vec!["core-01", "core-02", "core-03", "db-01"], "core-[01..03], db-01"),
            (vec!["core-3", "core-1"], "core-1, core-3"),
            (vec!["n9", "n10", "n8"], "n[8..10]"),
            (vec!["n09", "n10", "n9"], "n9, n[09..10]"),
            (vec!["a1.x.net", "a2.x.net", "a3.y.net"], "a[1..2].x.net, a3.y.net"),
            (vec!["gateway"], "gateway"),
            (vec!["one", "one"], "one"),
            (
                vec!["n99999999999999999999998", "n99999999999999999999999"],
                "n99999999999999999999998, n99999999999999999999999",
            ),
            (vec![], ""),
        ] {
            assert_eq!(hosts(names.iter().copied()), expected);
        }
    }
}

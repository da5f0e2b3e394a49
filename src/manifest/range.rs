//! Ranges in host names and addresses: `core-[01..08]`, `core-[a,b]`.

use crate::diagnostic::Code;

/// The most names that one text may stand for.
const MOST: usize = 10_000;

/// Why a text with brackets stands for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RangeError {
    pub(super) code: Code,
    /// What is wrong, to follow the text itself.
    pub(super) message: String,
    pub(super) help: &'static str,
}

fn error(code: Code, message: impl Into<String>, help: &'static str) -> RangeError {
    RangeError { code, message: message.into(), help }
}

/// The names that `text` stands for, in order; with several brackets, the last one runs fastest.
/// A text without brackets stands for itself.
pub(super) fn expand(text: &str) -> Result<Vec<String>, RangeError> {
    let mut names = vec![String::new()];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, after)) = after.split_once(']').filter(|_| !before.contains(']')) else {
            return Err(unpaired());
        };
        let choices = choices(inside)?;
        if names.len() * choices.len() > MOST {
            return Err(too_large(names.len() * choices.len()));
        }
        let with = |name: &String| -> Vec<String> {
            choices.iter().map(|choice| format!("{name}{before}{choice}")).collect()
        };
        names = names.iter().flat_map(with).collect();
        rest = after;
    }
    if rest.contains(']') {
        return Err(unpaired());
    }
    Ok(names.into_iter().map(|name| name + rest).collect())
}

/// What stands in one pair of brackets.
fn choices(inside: &str) -> Result<Vec<String>, RangeError> {
    let Some((start, end)) = inside.split_once("..") else {
        let items: Vec<String> = inside.split(',').map(|item| item.trim().to_owned()).collect();
        if items.iter().any(String::is_empty) {
            let help = "write a range such as `[01..08]`, a list such as `[a,b]`, or no brackets";
            return Err(error(Code::RangeEmpty, format!("has nothing in `[{inside}]`"), help));
        }
        return Ok(items);
    };
    let (Some(from), Some(to)) = (number(start), number(end)) else {
        let help = "both ends are whole numbers, such as `[01..08]`";
        return Err(error(
            Code::RangeSyntax,
            format!("has an end that is no number in `[{inside}]`"),
            help,
        ));
    };
    if to < from {
        let help = "write the smaller number first";
        return Err(error(
            Code::RangeBackward,
            format!("ends before it begins in `[{inside}]`"),
            help,
        ));
    }
    let count = to - from + 1;
    if count > MOST as u64 {
        return Err(too_large(usize::try_from(count).unwrap_or(usize::MAX)));
    }
    let width = start.len();
    Ok((from..=to).map(|n| format!("{n:0width$}")).collect())
}

/// A number of at most nine digits, so that counting can't overflow.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn unpaired() -> RangeError {
    error(
        Code::RangeSyntax,
        "has a bracket without its partner",
        "close each `[` with a `]`, as in `core-[01..08]`",
    )
}

fn too_large(count: usize) -> RangeError {
    error(
        Code::RangeTooLarge,
        format!("stands for {count} names; at most {MOST} are allowed"),
        "look for a digit too many; otherwise split the range",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_expand_in_order_and_keep_their_width() {
        for (text, names) in [
            ("core-01", vec!["core-01"]),
            ("core-[01..03]", vec!["core-01", "core-02", "core-03"]),
            ("core-[8..11]", vec!["core-8", "core-9", "core-10", "core-11"]),
            ("core-[098..101]x", vec!["core-098x", "core-099x", "core-100x", "core-101x"]),
            ("[a, b]-[1..2]", vec!["a-1", "a-2", "b-1", "b-2"]),
            ("10.0.0.[9..10]", vec!["10.0.0.9", "10.0.0.10"]),
            ("x[7..7]", vec!["x7"]),
        ] {
            assert_eq!(expand(text), Ok(names.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        for (text, code) in [
            ("a-[]", Code::RangeEmpty),
            ("a-[x,]", Code::RangeEmpty),
            ("a-[1..2", Code::RangeSyntax),
            ("a-1..2]", Code::RangeSyntax),
            ("a-]1[", Code::RangeSyntax),
            ("a-[a..c]", Code::RangeSyntax),
            ("a-[1..]", Code::RangeSyntax),
            ("a-[-1..2]", Code::RangeSyntax),
            ("a-[1..9999999999]", Code::RangeSyntax),
            ("a-[8..1]", Code::RangeBackward),
            ("a-[1..10001]", Code::RangeTooLarge),
            ("a-[1..1000]-[1..11]", Code::RangeTooLarge),
        ] {
            assert_eq!(expand(text).map_err(|e| e.code), Err(code), "{text}");
        }
        assert_eq!(expand("a-[1..10000]").map(|names| names.len()), Ok(10_000));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "[a-c0-9\\[\\].,-]{0,30}") {
            if let Ok(names) = expand(&text) {
                proptest::prop_assert!(!names.is_empty() && names.len() <= MOST);
            }
        }
    }
}

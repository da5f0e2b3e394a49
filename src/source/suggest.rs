//! Guessing what a misspelt word was meant to be.

use similar::get_close_matches;

/// How alike two words must be (0 to 1): `addres` and `address` are at 0.92, `os` and `host` at 0.67.
const ALIKE: f32 = 0.7;

/// The one of `known` that is most like `word`, if any is like it.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A word of hostile length would make the comparison slow.
    if word.len() > 100 {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    get_close_matches(word, &known, 1, ALIKE).first().copied()
}

/// A hint for an unknown `word`: the one that was probably meant, then what there is.
pub fn did_you_mean<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
    are: &str,
) -> String {
    let all = listed(known.clone());
    match (closest(word, known), all.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`? {are}: {all}"),
        (None, false) => format!("{are}: {all}"),
        (None, true) => format!("{are}: none"),
    }
}

/// The first of `things`, and how many more there are: `core-01`, or `core-01` and 7 more hosts.
pub fn some_of<T: std::fmt::Display>(things: &[T], kind: &str) -> String {
    match things {
        [] => format!("no {kind}"),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` and `{other}`"),
        [one, more @ ..] => format!("`{one}` and {} more {kind}", more.len()),
    }
}

/// Words as a list for people, at most twenty of them.
pub fn listed<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    const MOST: usize = 20;
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_at_checked(MOST) {
        Some((first, more)) if !more.is_empty() => {
            format!("{} and {} more", first.join(", "), more.len())
        }
        _ => words.join(", "),
    }
}

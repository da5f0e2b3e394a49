//! Patterns of OpenSSH's files: `*`, `?`, and lists with `!` (`ssh_config(5)`, PATTERNS).

/// Whether `text` matches `pattern`, where `*` stands for any characters and `?` for one. Host
/// names have no case.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` took one character more: no recursion, so that a hostile
    // pattern costs at most the product of both lengths.
    let mut retry = None;
    while let Some(&c) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
            }
            Some(&wanted) if wanted == b'?' || wanted.eq_ignore_ascii_case(&c) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, taken)) => {
                    p = after;
                    t = taken + 1;
                    retry = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|&c| c == b'*'))
}

/// Whether `text` matches one of `patterns` and none of the negated ones.
pub(super) fn matches_list<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, text) => return false,
            Some(_) => {}
            None => found |= matches(pattern, text),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let golden = [
            ("a", "a", true),
            ("A.Example", "a.eXample", true),
            ("a", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("10.0.?.1", "10.0.7.1", true),
            ("10.0.?.1", "10.0.77.1", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("[a]:*", "[a]:2222", true),
            ("[ab]", "a", false),
        ];
        for (pattern, text, expected) in golden {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn negation_wins_wherever_it_stands() {
        assert!(matches_list(["*.a", "!x.a"], "y.a"));
        assert!(!matches_list(["*.a", "!x.a"], "x.a"));
        assert!(!matches_list(["!x.a", "*.a"], "x.a"));
        assert!(!matches_list(["!x.a"], "y.a"));
    }

    #[test]
    fn a_hostile_pattern_costs_little() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, &"b".repeat(5000)));
    }
}

//! Lists of patterns as OpenSSH matches them (`ssh_config(5)`, PATTERNS).

/// Whether `text` is in `list`: one of its patterns fits, and none after a `!`.
pub(super) fn fits_list(list: &str, text: &str) -> bool {
    let mut fits_one = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(without) if fits(without, text) => return false,
            Some(_) => {}
            None => fits_one |= fits(pattern, text),
        }
    }
    fits_one
}

/// Whether `pattern` fits all of `text`: `*` stands for any characters, `?` for one.
fn fits(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // For each length of the beginning of `text`, whether what was read of the pattern fits it.
    let mut fitting: Vec<bool> = (0..=text.len()).map(|length| length == 0).collect();
    for wanted in pattern.chars() {
        let mut next = Vec::with_capacity(fitting.len());
        let mut any = false;
        let mut before = false;
        for (length, &now) in fitting.iter().enumerate() {
            any |= now;
            let last = length.checked_sub(1).and_then(|place| text.get(place));
            next.push(match wanted {
                '*' => any,
                '?' => before,
                _ => before && last == Some(&wanted),
            });
            before = now;
        }
        fitting = next;
    }
    fitting.last() == Some(&true)
}

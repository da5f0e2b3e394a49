//! As much of a reader of Markdown as it takes to find what is not code.

/// What a reader would look for markup in: the lines outside fences, by table cell, without code
/// spans and escaped characters, which a `x` stands for.
pub(crate) fn open_text(markdown: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut fence: Option<usize> = None;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(length) if ticks >= length && line.len() == ticks => fence = None,
            Some(_) => {}
            // The rest of the line that opens a fence holds no backtick (GFM, section 4.5).
            None if ticks >= 3 && !line[ticks..].contains('`') => fence = Some(ticks),
            None => open.extend(cells(line).iter().map(|cell| without_code(cell))),
        }
    }
    assert_eq!(fence, None, "a fence is not closed: {markdown}");
    open
}

/// A line split where a table's reader splits it, which is before code is looked for (GFM, section
/// 4.10).
pub(crate) fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, cells.last_mut()) {
            ('|', _) => cells.push(String::new()),
            ('\\', Some(cell)) => cell.extend(std::iter::once('\\').chain(characters.next())),
            (other, Some(cell)) => cell.push(other),
            (_, None) => {}
        }
    }
    cells
}

fn without_code(cell: &str) -> String {
    let mut open = String::new();
    let mut rest = cell;
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            open.push('x');
            rest = rest
                .get(1..)
                .map_or("", |after| after.chars().next().map_or("", |c| &after[c.len_utf8()..]));
            continue;
        }
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        if ticks > 0 {
            open.push('x');
            let (_, inside) = rest.split_at(ticks);
            rest = closing(inside, ticks).map_or(inside, |end| &inside[end..]);
            continue;
        }
        open.push(first);
        rest = &rest[first.len_utf8()..];
    }
    open
}

/// Where the code ends: behind the next run of exactly `ticks` backticks.
fn closing(inside: &str, ticks: usize) -> Option<usize> {
    let mut place = 0;
    while let Some(start) = inside[place..].find('`') {
        let run = &inside[place + start..];
        let length = run.len() - run.trim_start_matches('`').len();
        place += start + length;
        if length == ticks {
            return Some(place);
        }
    }
    None
}

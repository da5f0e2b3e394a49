//! Foreign text in Markdown. Two rules: a word that a forge or HTML could give a meaning to becomes
//! code, where nothing has a meaning; in all other words the signs of Markdown get a backslash.

use crate::view::document::{Label, NO_BREAK, Span, Text};
use crate::view::harmless::visible;

/// Signs that a backslash can't disarm everywhere: HTML and entities, and what GitHub and GitLab turn
/// into links after Markdown has been read (mentions, issues, merge requests, labels, milestones).
const CODE_ONLY: &[char] = &['<', '>', '&', '@', '#', '!', '$', '%', '^', '~'];
/// What makes a bare address a link (GFM, section 6.9).
const ADDRESSES: &[&str] = &["://", "www."];
/// Signs of Markdown that a backslash takes the meaning from (GFM, section 6.1). Without its `[`, a
/// `]` has none.
const BACKSLASHED: &[char] = &['\\', '`', '*', '_', '['];

/// A text as Markdown on one line, fit for a table's cell too.
pub(super) fn text(text: &Text) -> String {
    let words = words(text);
    let mut out = String::new();
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            out.push(' ');
        }
        push_word(&mut out, word);
    }
    guard_start(out)
}

/// A word: pieces without a space between them. A label of code holds its spaces together.
type Word = Vec<Span>;

fn words(text: &Text) -> Vec<Word> {
    let mut words = vec![Word::new()];
    for span in &text.spans {
        let shown = visible(&span.text).replace(NO_BREAK, " ");
        let parts: Vec<&str> =
            if span.label == Label::Code { vec![&shown] } else { shown.split(' ').collect() };
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                words.push(Word::new());
            }
            if let (Some(word), false) = (words.last_mut(), part.is_empty()) {
                word.push(Span { label: span.label, text: part.to_owned() });
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn push_word(out: &mut String, word: &Word) {
    let whole: String = word.iter().map(|span| span.text.as_str()).collect();
    let plain = || word.iter().filter(|span| span.label != Label::Code);
    let signs = plain().any(|span| span.text.contains(CODE_ONLY));
    if signs || (plain().count() > 0 && ADDRESSES.iter().any(|start| whole.contains(start))) {
        return push_code(out, &whole);
    }
    for run in word.chunk_by(|a, b| (a.label == Label::Code) == (b.label == Label::Code)) {
        let content: String = run.iter().map(|span| span.text.as_str()).collect();
        match run.first().map(|span| span.label) {
            Some(Label::Code) => push_code(out, &content),
            _ => out.push_str(&backslashed(&content)),
        }
    }
}

/// Code between more backticks than it holds (GFM, section 6.3). A `|` would end a table's cell even
/// there, so it stands outside, as an entity.
fn push_code(out: &mut String, content: &str) {
    for (place, part) in content.split('|').enumerate() {
        if place > 0 {
            out.push_str("&#124;");
        }
        if part.is_empty() {
            continue;
        }
        let ticks = "`".repeat(ticks(part) + 1);
        // One space inside each end is taken off again by the reader, and keeps a backtick at the
        // edge apart from ours.
        let edge = part.starts_with(['`', ' ']) || part.ends_with(['`', ' ']);
        let space = if edge { " " } else { "" };
        out.extend([&ticks, space, part, space, &ticks]);
    }
}

fn backslashed(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    for character in content.chars() {
        if character == '|' {
            out.push_str("&#124;");
            continue;
        }
        if BACKSLASHED.contains(&character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// At the start of a line, `-`, `+` and a number with a full stop or bracket begin a list, and more
/// dashes a rule (GFM, sections 4.1 and 5.2).
fn guard_start(line: String) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at(digits);
    let listed =
        if digits == 0 { rest.starts_with(['-', '+']) } else { rest.starts_with(['.', ')']) };
    if listed && !followed_by_word(rest) { format!("{number}\\{rest}") } else { line }
}

/// Whether the sign at the start belongs to a word (`1.5 GB`, `-x`).
fn followed_by_word(rest: &str) -> bool {
    rest.chars().nth(1).is_some_and(|second| second.is_ascii_alphanumeric())
}

/// The longest run of backticks.
pub(super) fn ticks(content: &str) -> usize {
    content.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text inside an HTML tag, where Markdown is not read.
pub(super) fn html(text: &Text) -> String {
    words(text).iter().map(html_word).collect::<Vec<_>>().join(" ")
}

fn html_word(word: &Word) -> String {
    let whole: String = word.iter().map(|span| span.text.as_str()).collect();
    let risky = whole.contains(CODE_ONLY) || ADDRESSES.iter().any(|start| whole.contains(start));
    let escaped = whole
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    if risky || word.iter().any(|span| span.label == Label::Code) {
        format!("<code>{escaped}</code>")
    } else {
        escaped
    }
}

/// A comment that holds `name` out of sight: only characters that can't end it (HTML, section 13.1.6:
/// no `--`, no `>`).
pub(super) fn marker(name: &str) -> String {
    let kept = name.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, ' ' | ':' | '.' | '_' | '-' | '/') => c,
        _ => '_',
    });
    let mut kept: String = kept.collect();
    while kept.contains("--") {
        kept = kept.replace("--", "-_");
    }
    format!("<!-- {kept} -->\n")
}

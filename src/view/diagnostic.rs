//! Problems as text for people: code, message, the marked place, what to do next.

use std::fmt;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::diagnostic::{Diagnostic, Label, Severity, SourceText};
use crate::value::steers;

/// More problems than this are counted, not shown: nobody mends more in one go.
const MOST: usize = 50;

/// Lines that are longer are not shown, in bytes: nobody reads them, and miette can't show a place
/// beyond column 65,535 (it panics there).
const LONGEST_LINE: usize = 2000;

/// All of `problems` in their order, for lines of `width` columns.
#[must_use]
pub fn render(problems: &[Diagnostic], width: usize, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .without_syntax_highlighting()
        // Its own wrapping would break words at hyphens, so that names can't be copied.
        .with_wrap_lines(false)
        .with_show_related_as_nested(true);
    let shown = problems.iter().take(MOST).map(|problem| render_one(&handler, problem, width));
    let more = problems.len().checked_sub(MOST).filter(|more| *more > 0);
    let more = more.map(|more| format!("  … and {more} more problems\n"));
    shown.chain(more).collect()
}

fn render_one(handler: &GraphicalReportHandler, problem: &Diagnostic, width: usize) -> String {
    let mut text = String::new();
    let shown = Shown::new(problem, width);
    // Fails only for a label outside of its text: then there are message and help, but no place.
    if handler.render_report(&mut text, &shown).is_err() {
        let help = shown.help.map(|help| format!("  help: {help}\n")).unwrap_or_default();
        text = format!("{}\n\n  {}\n{help}", problem.code.as_str(), shown.message);
    }
    text + "\n"
}

/// One problem as miette takes it. All labels of one diagnostic must be in one text there
/// (zkat/miette#193), so that those in other texts become diagnostics of their own below it.
#[derive(Debug)]
struct Shown {
    code: Option<&'static str>,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Self>,
}

impl Shown {
    fn new(problem: &Diagnostic, width: usize) -> Self {
        let mut texts: Vec<&Arc<SourceText>> = Vec::new();
        for label in &problem.labels {
            if !texts.contains(&&label.source) {
                texts.push(&label.source);
            }
        }
        let too_long = |text: &&Arc<SourceText>| shows_long_line(problem, text);
        let unshown: Vec<String> =
            texts.iter().filter(|text| too_long(text)).map(|text| place(problem, text)).collect();
        let mut texts = texts.into_iter().filter(|text| !too_long(text));
        let first = texts.next();
        let message = format!("{}{}", problem.message, unshown.concat());
        Self {
            code: Some(problem.code.as_str()),
            severity: match problem.code.severity() {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            message: wrapped(&printable(&message), width),
            help: problem.help.as_deref().map(|help| wrapped(&printable(help), width)),
            source: first.map(named),
            labels: first.map(|text| labels_in(problem, text)).unwrap_or_default(),
            elsewhere: texts.map(|text| Self::elsewhere(problem, text)).collect(),
        }
    }

    fn elsewhere(problem: &Diagnostic, text: &Arc<SourceText>) -> Self {
        Self {
            code: None,
            severity: miette::Severity::Advice,
            message: format!("see also {}", printable(&text.name)),
            help: None,
            source: Some(named(text)),
            labels: labels_in(problem, text),
            elsewhere: Vec::new(),
        }
    }
}

fn named(text: &Arc<SourceText>) -> NamedSource<String> {
    NamedSource::new(printable(&text.name), printable(&text.text))
}

/// Whether showing the places in `text`, each with the lines around it, would show a long line.
fn shows_long_line(problem: &Diagnostic, text: &SourceText) -> bool {
    let all = text.text.as_bytes();
    let labels = problem.labels.iter().filter(|label| *label.source == *text);
    let long_around = |label: &Label| {
        let (start, end) = (label.span.start.min(all.len()), label.span.end.min(all.len()));
        let (before, from) = all.split_at(start);
        let after = all.get(end.max(start)..).unwrap_or_default();
        let line = |byte: &u8| *byte == b'\n';
        // The line of the place, and the ones before and after it.
        let head = before.rsplit(line).take(2).map(<[u8]>::len).max().unwrap_or_default();
        let tail = after.split(line).take(2).map(<[u8]>::len).max().unwrap_or_default();
        let inside = from.get(..end.saturating_sub(start)).unwrap_or_default();
        let inside = inside.split(line).map(<[u8]>::len).max().unwrap_or_default();
        head.max(tail).max(inside) > LONGEST_LINE
    };
    labels.into_iter().any(long_around)
}

/// The first place in `text`, in words.
fn place(problem: &Diagnostic, text: &SourceText) -> String {
    let label = problem.labels.iter().find(|label| *label.source == *text);
    let before = label.and_then(|label| text.text.get(..label.span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" (in {}, line {line}, column {column}; the line is too long to be shown)", text.name)
}

fn labels_in(problem: &Diagnostic, text: &Arc<SourceText>) -> Vec<LabeledSpan> {
    let inside = problem.labels.iter().filter(|label| label.source == *text);
    let first = problem.labels.first();
    inside
        .map(|label: &Label| {
            let (words, span) = (Some(printable(&label.text)), label.span.clone());
            if Some(label) == first {
                LabeledSpan::new_primary_with_span(words, span)
            } else {
                LabeledSpan::new_with_span(words, span)
            }
        })
        .collect()
}

/// The text with a line end in place of a space wherever a line would become too long for `width`
/// columns, eight of which miette takes for its margin. Counts characters, which is exact for the
/// names, numbers and English of which messages consist.
fn wrapped(text: &str, width: usize) -> String {
    let most = width.saturating_sub(8).max(20);
    let mut lines = Vec::new();
    for line in text.lines() {
        let (mut filled, mut length) = (String::new(), 0);
        for word in line.split(' ') {
            let word_length = word.chars().count();
            if length > 0 && length + 1 + word_length > most {
                lines.push(std::mem::take(&mut filled));
                length = 0;
            }
            if length > 0 {
                filled.push(' ');
                length += 1;
            }
            filled.push_str(word);
            length += word_length;
        }
        lines.push(filled);
    }
    lines.join("\n")
}

/// The text without anything that a terminal would obey, each character replaced by as many bytes,
/// so that places stay where they are.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, steers(c)) {
            ('\n', _) | (_, false) => shown.push(c),
            ('\r' | '\t', _) => shown.push(' '),
            _ => shown.push_str(match c.len_utf8() {
                1 => "?",
                2 => "·",
                3 => "\u{fffd}",
                _ => "··",
            }),
        }
    }
    shown
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.elsewhere.iter().map(|other| other as &dyn miette::Diagnostic)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn source(name: &str, text: &str) -> Arc<SourceText> {
        Arc::new(SourceText { name: name.into(), text: text.into() })
    }

    #[test]
    fn a_hostile_file_reaches_the_terminal_as_plain_text() {
        let text = source("a\u{1b}[2J.toml", "k = \"\ra\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\"\r\n");
        let problem =
            Diagnostic::new(Code::Syntax, "bad \u{1b}[31m").at(Label::new(&text, 0..1, "\u{8}"));
        let shown = render(&[problem], 80, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
    }

    #[test]
    fn a_label_outside_of_its_text_costs_only_the_snippet() {
        let text = source("a.toml", "k = 1\n");
        let problem =
            Diagnostic::new(Code::Syntax, "bad").at(Label::new(&text, 90..95, "x")).help("mend");
        let shown = render(&[problem], 80, false);
        assert!(shown.contains("bad") && shown.contains("help: mend"), "{shown}");
    }

    #[test]
    fn a_place_in_a_very_long_line_is_told_in_words() {
        let text = source("a.toml", &format!("k = 1\n{}x\n", "[".repeat(100_000)));
        let at = 6 + 100_000;
        let problem = Diagnostic::new(Code::Syntax, "bad").at(Label::new(&text, at..at + 1, "x"));
        let shown = render(&[problem], 80, false);
        assert!(shown.contains("line 2, column 100001"), "{shown}");
        assert!(shown.len() < 1000, "{} bytes", shown.len());
    }

    #[test]
    fn many_problems_are_counted() {
        let problem = Diagnostic::new(Code::NoHosts, "none");
        let shown = render(&vec![problem; MOST + 7], 80, false);
        assert!(shown.ends_with("… and 7 more problems\n"), "{shown}");
    }
}

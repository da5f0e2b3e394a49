//! What went wrong in what people wrote: a code, what happened, where, and what to do next.
//!
//! Domain code returns [`Diagnostics`]; only `view` renders them.

#[macro_use]
mod remark;
#[macro_use]
mod table;
mod code;
mod explain;
mod found;
mod severity;

pub use code::Code;
pub use found::{Found, Place};
pub use remark::Remark;
pub use severity::Severity;

use std::ops::Range;
use std::sync::Arc;

/// A text with the name under which its reader knows it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The file, as the user named it.
    pub name: String,
    /// Its whole content.
    pub text: String,
}

impl SourceText {
    /// The same text with a `*` for each byte at `places`, so that all other places stay where
    /// they are.
    fn hiding(&self, places: &[Range<usize>]) -> Self {
        let hidden = |at: usize| places.iter().any(|place| place.contains(&at));
        let text = self.text.char_indices().fold(String::new(), |mut text, (at, c)| {
            if hidden(at) && c != '\n' {
                text.extend(std::iter::repeat_n('*', c.len_utf8()));
            } else {
                text.push(c);
            }
            text
        });
        Self { name: self.name.clone(), text }
    }
}

/// A place in a source text, with words for what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text that the place is in.
    pub source: Arc<SourceText>,
    /// Byte range in the text.
    pub span: Range<usize>,
    /// What stands there, in a few words.
    pub text: String,
}

impl Label {
    /// A label at `span` of `source`.
    pub fn new(source: &Arc<SourceText>, span: Range<usize>, text: impl Into<String>) -> Self {
        Self { source: Arc::clone(source), span, text: text.into() }
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: Code,
    /// What happened, as one sentence without a full stop.
    pub message: String,
    /// Where; the first label is the place to look at first.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem of the kind `code`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What happened, with the code, in one line.
    #[must_use]
    pub fn in_words(&self) -> Remark {
        self.code.said(&self.message)
    }
}

/// All the problems found, in the order in which they are to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

impl Diagnostics {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether a problem of the kind `code` was found.
    #[must_use]
    pub fn contains(&self, code: Code) -> bool {
        self.0.iter().any(|d| d.code == code)
    }

    /// The same problems, shown with the bytes at `places` of `source` hidden.
    #[must_use]
    pub fn hiding(mut self, source: &Arc<SourceText>, places: &[Range<usize>]) -> Self {
        if places.is_empty() {
            return self;
        }
        let hidden = Arc::new(source.hiding(places));
        for label in self.0.iter_mut().flat_map(|d| &mut d.labels) {
            if Arc::ptr_eq(&label.source, source) {
                label.source = Arc::clone(&hidden);
            }
        }
        self
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether any of them forbids going on.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.code.severity() == Severity::Error)
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems in the order of reading: by file, then by place, those without a place last.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_cached_key(|d| {
            let first = d.labels.first();
            (first.is_none(), first.map(|l| (l.source.name.clone(), l.span.start)))
        });
        self.0
    }
}

#[cfg(test)]
mod tests;

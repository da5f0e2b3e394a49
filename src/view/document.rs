//! The one document model: blocks of labelled text. A label says what a piece of text *is*; how it
//! looks is the renderer's business, so nothing is said by colour alone.

use crate::diff::Action;

/// A space at which a line is not broken. Renderers show it as a space.
pub const NO_BREAK: char = '\u{a0}';

/// A text to be read, as blocks in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// A stable name under which a later version of the same document is found again, for
    /// renderers that can hold one out of sight.
    pub marker: Option<String>,
    /// The content.
    pub blocks: Vec<Block>,
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading {
        /// 1 for the document's own, 2 for a part, 3 for a part of a part.
        level: u8,
        /// Its text.
        text: Text,
    },
    /// One paragraph.
    Paragraph(Text),
    /// Items of equal rank.
    List(Vec<Text>),
    /// Values with their names.
    Fields(Vec<Field>),
    /// Rows under named columns.
    Table(Table),
    /// Lines to be read, or copied, exactly as they are.
    Code(Vec<String>),
    /// What only some readers want; folded where a renderer can fold.
    Details {
        /// What is inside, in a few words.
        summary: Text,
        /// The inside.
        body: Vec<Block>,
    },
}

/// A value with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name: a word or two.
    pub key: &'static str,
    /// The value.
    pub text: Text,
}

/// Rows under named columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What its cells are.
    pub title: &'static str,
    /// On which side the cells are flush.
    pub side: Side,
}

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// One text a column.
    pub cells: Vec<Text>,
    /// What more there is to say about the row; belongs to no column.
    pub notes: Vec<Field>,
    /// Whether the row begins a new group.
    pub apart: bool,
}

/// A line of labelled text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The pieces, in order.
    pub spans: Vec<Span>,
}

/// A piece of text with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub label: Label,
    /// The text; may hold anything.
    pub text: String,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Running text.
    Plain,
    /// What the reader's eye should find first.
    Strong,
    /// The name of a host, or of several.
    Host,
    /// The name of a component.
    Component,
    /// What is done.
    Action(Action),
    /// A part of the procedure.
    Stage,
    /// A version.
    Version,
    /// The name of a value.
    Key,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Error,
    /// To be typed, or compared, exactly as it is.
    Code,
    /// Of less weight.
    Dim,
}

impl Document {
    /// A document that begins with `title`.
    #[must_use]
    pub fn titled(title: Text) -> Self {
        Self { marker: None, blocks: vec![Block::Heading { level: 1, text: title }] }
    }

    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Adds blocks.
    pub fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.blocks.extend(blocks);
    }
}

impl Block {
    /// A heading below the document's own.
    pub fn heading(text: impl Into<Text>) -> Self {
        Self::Heading { level: 2, text: text.into() }
    }
}

impl Field {
    /// A value named `key`.
    pub fn new(key: &'static str, text: impl Into<Text>) -> Self {
        Self { key, text: text.into() }
    }
}

impl Table {
    /// A table without rows; each title comes with the side its cells are flush on.
    #[must_use]
    pub fn new(columns: &[(&'static str, Side)]) -> Self {
        let columns = columns.iter().map(|&(title, side)| Column { title, side }).collect();
        Self { columns, rows: Vec::new() }
    }
}

impl Row {
    /// A row without notes.
    #[must_use]
    pub const fn new(cells: Vec<Text>) -> Self {
        Self { cells, notes: Vec::new(), apart: false }
    }

    /// The same with notes.
    #[must_use]
    pub fn noted(self, notes: Vec<Field>) -> Self {
        Self { notes, ..self }
    }
}

impl Text {
    /// A text of one piece.
    pub fn of(label: Label, text: impl Into<String>) -> Self {
        Self::default().and(label, text)
    }

    /// The same with a piece added.
    #[must_use]
    pub fn and(mut self, label: Label, text: impl Into<String>) -> Self {
        self.spans.push(Span { label, text: text.into() });
        self
    }

    /// The same with running text added.
    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.and(Label::Plain, text)
    }

    /// The text alone.
    #[must_use]
    pub fn said(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// The same, to be kept on one line as far as possible.
    #[must_use]
    pub fn unbroken(mut self) -> Self {
        for span in &mut self.spans {
            span.text = span.text.replace(' ', NO_BREAK.encode_utf8(&mut [0; 4]));
        }
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::of(Label::Plain, text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::of(Label::Plain, text)
    }
}

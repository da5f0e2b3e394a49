//! The form of plan files: JSON with one value a line, so that it diffs well.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// As `serde_json`'s own pretty form, which writes two spaces at a time: half of a large plan's
/// writing is white space.
pub(super) struct Lines {
    depth: usize,
    has_value: bool,
}

/// A line end and room for as many levels as a plan has.
const INDENT: &[u8] = b"\n                                ";

impl Lines {
    /// For a value that stands `depth` levels deep.
    pub(super) const fn at(depth: usize) -> Self {
        Self { depth, has_value: false }
    }

    fn line<W: Write + ?Sized>(&self, out: &mut W, before: &[u8]) -> io::Result<()> {
        out.write_all(before)?;
        let line = INDENT.get(..=2 * self.depth);
        line.map_or_else(
            || Err(io::Error::other("too deep for a plan")),
            |line| out.write_all(line),
        )
    }

    fn begin<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn end<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        if self.has_value {
            self.line(out, b"")?;
        }
        out.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, if first { b"" } else { b"," })
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, if first { b"" } else { b"," })
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

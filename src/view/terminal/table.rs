//! Tables: columns as wide as their cells, narrowed from the widest when the page is too small.

use super::style::glyphs;
use super::wrap::{Glyph, Line, wrap};
use super::{INDENT, Page, Style};
use crate::view::document::{Column, Row, Side, Table};

/// Columns between two columns.
const GAP: usize = 2;
/// No column is made narrower than this, even if words have to be broken.
const NARROWEST: usize = 8;

pub(super) fn write(page: &mut Page<'_>, table: &Table, indent: usize) {
    let rows: Vec<Vec<Line>> = table.rows.iter().map(|row| cells(row, page.style)).collect();
    let widths = widths(&table.columns, &rows, page.style.width.saturating_sub(indent));
    let titles = table.columns.iter().map(|column| column.title.chars().map(Glyph::key).collect());
    let titles: Vec<Line> = titles.collect();
    if titles.iter().any(|title| !title.is_empty()) {
        row(page, &table.columns, &widths, &titles, indent);
    }
    // Below what comes after the first column; where nothing does, below that.
    let first = if let [first, _, ..] = widths.as_slice() { first + GAP } else { 0 };
    let notes = indent + first + INDENT;
    let keys = table.rows.iter().flat_map(|row| &row.notes).map(|note| note.key.len()).max();
    for (source, cells) in table.rows.iter().zip(&rows) {
        if source.apart {
            page.write(&[], 0);
        }
        row(page, &table.columns, &widths, cells, indent);
        page.fields(&source.notes, keys.unwrap_or(0), notes);
    }
}

fn cells(row: &Row, style: &Style) -> Vec<Line> {
    row.cells.iter().map(|cell| glyphs(cell, style)).collect()
}

/// One row, of as many lines as its highest cell.
fn row(page: &mut Page<'_>, columns: &[Column], widths: &[usize], cells: &[Line], indent: usize) {
    let broken: Vec<Vec<Line>> =
        cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width, 0)).collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(0);
    for number in 0..height {
        let mut line = Line::new();
        for ((cell, width), column) in broken.iter().zip(widths).zip(columns) {
            let part = cell.get(number).map_or(&[][..], Vec::as_slice);
            let blank = std::iter::repeat_n(Glyph::blank(), width.saturating_sub(part.len()));
            match column.side {
                Side::Left => line.extend(part.iter().copied().chain(blank)),
                Side::Right => line.extend(blank.chain(part.iter().copied())),
            }
            line.extend(std::iter::repeat_n(Glyph::blank(), GAP));
        }
        page.write(&line, indent);
    }
}

/// The columns' widths: natural if they fit, else the widest give way, first down to their longest
/// word, then below it.
fn widths(columns: &[Column], rows: &[Vec<Line>], available: usize) -> Vec<usize> {
    let available = available.saturating_sub(GAP * columns.len().saturating_sub(1));
    let mut widths: Vec<usize> = columns.iter().map(|column| column.title.len()).collect();
    let mut words = widths.clone();
    for row in rows {
        for ((cell, width), word) in row.iter().zip(&mut widths).zip(&mut words) {
            *width = cell.len().min(available).max(*width);
            let longest = cell.split(|glyph| glyph.character == ' ').map(<[Glyph]>::len).max();
            *word = longest.unwrap_or(0).min(available).max(*word);
        }
    }
    narrow(&mut widths, &words, available);
    let floors: Vec<usize> =
        columns.iter().map(|column| column.title.len().max(NARROWEST)).collect();
    narrow(&mut widths, &floors, available);
    widths
}

/// Takes columns off the widest that is above its floor, one by one, until the sum fits.
fn narrow(widths: &mut [usize], floors: &[usize], available: usize) {
    for _ in available..widths.iter().sum::<usize>().max(available) {
        let above = widths.iter_mut().zip(floors).filter(|(width, floor)| **width > **floor);
        match above.map(|(width, _)| width).max_by_key(|width| **width) {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

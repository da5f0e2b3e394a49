//! Who was told of what.

use super::super::document::{Block, Label, Row, Side, Table, Text};
use crate::notice::{Told, occasion};
use Side::Left;

/// Who was told of what, and who could not be; nothing when nobody was to be told.
pub(super) fn told(notices: &[Told]) -> Vec<Block> {
    if notices.is_empty() {
        return Vec::new();
    }
    let columns = [("notice", Left), ("of", Left), ("how", Left), ("outcome", Left)];
    let mut table = Table::new(&columns);
    for told in notices {
        let outcome = if told.delivery.is_delivered() {
            Text::of(Label::Good, "✓ ").plain(told.delivery.said())
        } else {
            Text::of(Label::Warning, "not told: ").plain(told.delivery.said())
        };
        table.rows.push(Row::new(vec![
            told.notice.as_str().into(),
            occasion(told.of, told.stage).into(),
            told.way.as_str().into(),
            outcome,
        ]));
    }
    vec![Block::heading("Notices"), Block::Table(table)]
}

//! What came of test notices.

use super::document::{Block, Document, Label, Row, Side, Table, Text};
use crate::manifest::Notice;
use crate::notice::Delivery;

/// What came of each, as a document.
#[must_use]
pub fn tested(told: &[(&Notice, Delivery)]) -> Document {
    let mut document = Document::titled("Test notices".into());
    let columns = [("notice", Side::Left), ("how", Side::Left), ("outcome", Side::Left)];
    let mut table = Table::new(&columns);
    for (notice, delivery) in told {
        let (label, how) = match delivery {
            Delivery::Delivered(_) => (Label::Good, "✓ taken: "),
            Delivery::NotDelivered(_) => (Label::Error, "✗ not delivered: "),
        };
        table.rows.push(Row::new(vec![
            notice.name.as_str().into(),
            notice.channel.in_words().into(),
            Text::of(label, how).plain(delivery.said()),
        ]));
    }
    document.push(Block::Table(table));
    document
}

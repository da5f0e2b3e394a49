//! What the parts of a plan took, against their forecasts.

use crate::report::PartReport;
use crate::view::document::{Block, Label, Row, Side, Table, Text};
use crate::view::words;

/// The forecast and what came of it, part by part; nothing where no step has ended.
pub(super) fn against_forecast(parts: &[PartReport]) -> Vec<Block> {
    use Side::{Left, Right};
    if parts.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("part", Left),
        ("ended", Right),
        ("forecast", Right),
        ("slow case", Right),
        ("took", Right),
    ];
    let mut table = Table::new(&columns);
    for part in parts {
        table.rows.push(Row::new(vec![
            Text::of(Label::Stage, &part.part),
            format!("{} of {}", part.ended, part.steps).into(),
            words::about(part.forecast.duration()).into(),
            words::about(part.slow.duration()).into(),
            took(part),
        ]));
    }
    vec![Block::heading("Forecast and outcome"), Block::Table(table)]
}

fn took(part: &PartReport) -> Text {
    let took = words::about(part.took.duration());
    if part.took <= part.slow {
        return took.into();
    }
    Text::of(Label::Warning, took).plain(", longer than in a slow case")
}

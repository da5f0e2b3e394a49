//! Whether standbys of MD Core could take over now.

use super::document::{Block, Field, Label, Row, Side, Table, Text};
use crate::report::Readiness;
use crate::standby::Role;

/// The instances of hot backup; nothing when there are none.
pub(super) fn blocks(instances: &[Readiness]) -> Vec<Block> {
    if instances.is_empty() {
        return Vec::new();
    }
    let columns = ["", "instance", "part", "stands by for", "licence", "now"];
    let mut table = Table::new(&columns.map(|title| (title, Side::Left)));
    for it in instances {
        let sign =
            if it.ready { Text::of(Label::Good, "✓") } else { Text::of(Label::Error, "✗") };
        let part = match it.role {
            Some(role) if role == it.desired => role.as_str().to_owned(),
            Some(role) => format!("{} ({} is desired)", role.as_str(), it.desired.as_str()),
            None => "not known".to_owned(),
        };
        let of = it.of.as_ref().map(ToString::to_string).unwrap_or_default();
        let days = it.days_left.map(|days| format!("{days} days left")).unwrap_or_default();
        let now = match (it.role, it.ready) {
            (Some(Role::Production), true) => "scans",
            (Some(Role::Production), false) => "does not scan",
            (_, true) => "could take over",
            (_, false) => "could not take over",
        };
        let cells = vec![
            sign,
            Text::of(Label::Host, it.host.as_str()),
            part.into(),
            Text::of(Label::Host, of),
            days.into(),
            now.to_owned().into(),
        ];
        let notes = it.why.iter().map(|why| Field::new("why", why.as_str())).collect();
        table.rows.push(Row::new(cells).noted(notes));
    }
    vec![Block::heading(Text::of(Label::Strong, "Hot backup")), Block::Table(table)]
}

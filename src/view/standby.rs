//! Whether standbys of MD Core could take over now.

use super::document::{Block, Field, Label, Row, Side, Table, Text};
use super::words;
use crate::report::Readiness;
use crate::standby::Role;

/// What is not as it should be of the instances of hot backup, in numbers.
pub(super) fn left(instances: &[Readiness]) -> impl Iterator<Item = String> {
    let plays_another = |it: &&Readiness| it.role.is_some_and(|role| role != it.desired);
    let another = instances.iter().filter(plays_another).count();
    let unready = instances.iter().filter(|it| !it.ready && !plays_another(it)).count();
    let numbers = [
        (another, ["plays", "play"], "another part than desired"),
        (unready, ["is", "are"], "not ready"),
    ];
    numbers.into_iter().filter(|(number, ..)| *number > 0).map(|(number, [one, more], what)| {
        let verb = if number == 1 { one } else { more };
        format!("{} of hot backup {verb} {what}", words::count(number, "instance"))
    })
}

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
            (Some(Role::Production), false) if !it.beside.is_empty() => "is one of several",
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
        let why = it.why.iter().map(|why| Field::new("why", why.as_str()));
        let notes = it.notes.iter().map(|note| Field::new("note", note.as_str()));
        let notes = why.chain(notes).collect();
        table.rows.push(Row::new(cells).noted(notes));
    }
    vec![Block::heading(Text::of(Label::Strong, "Hot backup")), Block::Table(table)]
}

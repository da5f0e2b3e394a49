//! Where groups stand in the picture of a plan: in layers from top to bottom, each below what it waits
//! for, and each part of the plan below the one before. (The way of Sugiyama, Tagawa and Toda, "Methods for
//! visual understanding of hierarchical system structures", 1981.)

use std::collections::BTreeMap;

use super::super::groups::Groups;

pub(super) const WIDTH: usize = 292;
pub(super) const HEIGHT: usize = 62;
const GAP: usize = 28;
/// The room of a line that passes a layer.
const PASS: usize = 20;
const BETWEEN: usize = 34;
/// The room of a part's title.
pub(super) const TITLE: usize = 30;
const MARGIN: usize = 20;

/// A place in a layer: a group's own, or one where the line of a pair passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Group(usize),
    Pass(usize, usize),
}

impl Slot {
    const fn width(self) -> usize {
        match self {
            Self::Group(_) => WIDTH,
            Self::Pass(..) => PASS,
        }
    }
}

/// The picture's measures, in CSS pixels.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The middle of each group's upper edge.
    pub(super) groups: BTreeMap<usize, (usize, usize)>,
    /// The points of each pair's line.
    pub(super) lines: BTreeMap<(usize, usize), Vec<(usize, usize)>>,
    /// Where each part begins and how high it is, by its place.
    pub(super) parts: BTreeMap<usize, (usize, usize)>,
}

pub(super) fn layers(groups: &Groups<'_>) -> Layers {
    let layer = layer(groups);
    let rows = ordered(groups, &slots(groups, &layer));
    let row_width = |row: &Vec<Slot>| row.iter().map(|slot| slot.width() + GAP).sum::<usize>();
    let width = rows.values().map(row_width).max().unwrap_or_default() + 2 * MARGIN;
    let mut layers = Layers { width, ..Layers::default() };
    let mut at: BTreeMap<(usize, Slot), (usize, usize)> = BTreeMap::new();
    let mut y = 0;
    for (number, row) in &rows {
        y = begin(&mut layers, groups, row, y);
        let mut x = width.saturating_sub(row_width(row)) / 2;
        for slot in row {
            let middle = (x + usize::midpoint(GAP, slot.width()), y);
            x += slot.width() + GAP;
            at.insert((*number, *slot), middle);
            if let Slot::Group(place) = slot {
                layers.groups.insert(*place, middle);
            }
        }
        y += HEIGHT + BETWEEN;
        finish(&mut layers, groups, row, y);
    }
    layers.height = y;
    layers.lines = groups
        .order
        .iter()
        .map(|&(before, after)| ((before, after), line((before, after), &layer, &at)))
        .collect();
    layers
}

/// The layer of each group.
fn layer(groups: &Groups<'_>) -> BTreeMap<usize, usize> {
    let mut layer: BTreeMap<usize, usize> = BTreeMap::new();
    let mut base = 0;
    for (_, members) in groups.by_part() {
        for (place, _) in &members {
            let before = groups.order.iter().filter(|(_, after)| after == place);
            let before = before.filter_map(|(before, _)| layer.get(before));
            let own = before.map(|it| it + 1).max().unwrap_or_default().max(base);
            layer.insert(*place, own);
        }
        base = layer.values().max().map_or(base, |last| last + 1);
    }
    layer
}

/// What stands in each layer or passes it.
fn slots(groups: &Groups<'_>, layer: &BTreeMap<usize, usize>) -> BTreeMap<usize, Vec<Slot>> {
    let mut slots: BTreeMap<usize, Vec<Slot>> = BTreeMap::new();
    for (place, own) in layer {
        slots.entry(*own).or_default().push(Slot::Group(*place));
    }
    for &(before, after) in &groups.order {
        if let (Some(from), Some(to)) = (layer.get(&before), layer.get(&after)) {
            for between in from + 1..*to {
                slots.entry(between).or_default().push(Slot::Pass(before, after));
            }
        }
    }
    slots
}

/// Each layer in the order of the middles of what it hangs on, so that few lines cross.
fn ordered(groups: &Groups<'_>, slots: &BTreeMap<usize, Vec<Slot>>) -> BTreeMap<usize, Vec<Slot>> {
    let mut ordered = BTreeMap::new();
    // Places in the layer above, in thousandths of its width.
    let mut above: BTreeMap<Slot, usize> = BTreeMap::new();
    for (number, row) in slots {
        let place = |slot: Slot| above.get(&slot).copied();
        let hangs = |slot: &Slot| {
            let on: Vec<usize> = match *slot {
                Slot::Pass(before, after) => place(Slot::Pass(before, after))
                    .or(place(Slot::Group(before)))
                    .into_iter()
                    .collect(),
                Slot::Group(own) => {
                    let pairs = groups.order.iter().filter(|(_, after)| *after == own);
                    let on = |&(before, after): &(usize, usize)| {
                        place(Slot::Pass(before, after)).or(place(Slot::Group(before)))
                    };
                    pairs.filter_map(on).collect()
                }
            };
            (on.iter().sum::<usize>()).checked_div(on.len()).unwrap_or(500)
        };
        let mut row = row.clone();
        row.sort_by_key(|slot| (hangs(slot), *slot));
        let parts = row.len() + 1;
        above = row.iter().enumerate().map(|(at, slot)| (*slot, (at + 1) * 1000 / parts)).collect();
        ordered.insert(*number, row);
    }
    ordered
}

fn part_of(groups: &Groups<'_>, row: &[Slot]) -> Option<usize> {
    row.iter().find_map(|slot| match slot {
        Slot::Group(place) => groups.all.get(*place).map(|group| group.part),
        Slot::Pass(..) => None,
    })
}

/// Makes room for the title where a layer begins a part; where the layer itself begins.
fn begin(layers: &mut Layers, groups: &Groups<'_>, row: &[Slot], y: usize) -> usize {
    let Some(part) = part_of(groups, row) else { return y };
    if layers.parts.contains_key(&part) {
        return y;
    }
    layers.parts.insert(part, (y, 0));
    y + TITLE
}

fn finish(layers: &mut Layers, groups: &Groups<'_>, row: &[Slot], y: usize) {
    let part = part_of(groups, row).and_then(|part| layers.parts.get_mut(&part));
    if let Some((top, height)) = part {
        *height = y.saturating_sub(*top);
    }
}

/// The points of a line: the lower edge of the one, the upper edge of the other, and between them the
/// passes from top to bottom.
fn line(
    (before, after): (usize, usize),
    layer: &BTreeMap<usize, usize>,
    at: &BTreeMap<(usize, Slot), (usize, usize)>,
) -> Vec<(usize, usize)> {
    let (Some(&from), Some(&to)) = (layer.get(&before), layer.get(&after)) else {
        return Vec::new();
    };
    let point = |layer: usize, slot: Slot| at.get(&(layer, slot)).copied();
    let start = point(from, Slot::Group(before)).map(|(x, y)| (x, y + HEIGHT));
    let passes = (from + 1..to).filter_map(|layer| point(layer, Slot::Pass(before, after)));
    let passes = passes.flat_map(|(x, y)| [(x, y), (x, y + HEIGHT)]);
    start.into_iter().chain(passes).chain(point(to, Slot::Group(after))).collect()
}

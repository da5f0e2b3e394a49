//! The rows of the page, numbered: steps that differ only in their host are one.

use std::collections::BTreeMap;

use super::super::groups::{Groups, groups};
use super::super::rows::{StepRow, rows};
use crate::plan::{Clock, Plan, Step};

/// A row, and where it belongs.
pub(super) struct Listed<'a> {
    pub(super) row: StepRow<'a>,
    pub(super) part: usize,
    pub(super) group: usize,
}

/// All rows, in the order of the page.
pub(super) struct Listing<'a> {
    pub(super) groups: Groups<'a>,
    pub(super) rows: Vec<Listed<'a>>,
    steps: BTreeMap<&'a str, (&'a Step, usize)>,
}

impl<'a> Listing<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let (groups, clock) = (groups(plan), Clock::of(plan));
        let mut listed = Vec::new();
        for (part, its) in groups.parts.iter().enumerate() {
            let mut own: Vec<Listed<'a>> = rows(its.steps.iter().copied(), &clock)
                .into_iter()
                .map(|row| {
                    let first = row.steps.first().and_then(|step| groups.of(&step.id));
                    Listed { row, part, group: first.unwrap_or_default() }
                })
                .collect();
            if groups.folded {
                own.sort_by_key(|listed| listed.group);
            }
            listed.extend(own);
        }
        let steps = |(number, listed): (usize, &Listed<'a>)| {
            let steps = listed.row.steps.iter();
            steps.map(move |step| (&*step.id, (*step, number))).collect::<Vec<_>>()
        };
        let steps = listed.iter().enumerate().flat_map(steps).collect();
        Self { groups, rows: listed, steps }
    }

    /// The number of the row that a step stands in.
    pub(super) fn row_of(&self, id: &str) -> Option<usize> {
        self.steps.get(id).map(|(_, row)| *row)
    }

    /// A step and the number of its row.
    pub(super) fn step(&self, id: &str) -> Option<(&'a Step, usize)> {
        self.steps.get(id).copied()
    }
}

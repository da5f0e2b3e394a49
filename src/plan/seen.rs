//! What was met before, hashed: put in order, the ids and places of a large plan take much longer.

#![expect(
    clippy::disallowed_types,
    reason = "it is only asked what it holds: its order is never seen"
)]

use std::collections::HashSet;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// What was met before.
pub(super) struct Seen<T>(HashSet<T, RandomState>);

impl<T: Eq + Hash> Seen<T> {
    pub(super) fn new() -> Self {
        Self(HashSet::default())
    }

    /// With room for so many.
    pub(super) fn of(number: usize) -> Self {
        Self(HashSet::with_capacity_and_hasher(number, RandomState::default()))
    }

    /// Whether it is met for the first time, of which a note is taken.
    pub(super) fn is_new(&mut self, it: T) -> bool {
        self.0.insert(it)
    }

    pub(super) fn contains(&self, it: &T) -> bool {
        self.0.contains(it)
    }
}

//! Promises of ordering and capacity, over random clusters in random states.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod apply;
mod cluster;
mod facts;
mod order;
mod procedure;
mod recorder;
mod shuffle;
mod size;

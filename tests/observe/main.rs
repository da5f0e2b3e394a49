//! Reading hosts: the script in real shells, the parsers on good, odd and hostile answers, many
//! hosts at once, and snapshots.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test takes for granted may end it"
)]

mod answers;
mod cluster;
mod many;
mod preflight;
mod shells;
mod snapshots;
mod windows;

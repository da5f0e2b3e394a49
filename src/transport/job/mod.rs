//! Jobs: what changes a host runs there apart from the connection, under an id, so that neither a
//! dropped connection nor a killed controller ends it half-way or loses how it ended. Beside them a
//! host keeps the fence, which keeps the holder of an older lease out, and copies of the record of
//! a run.

mod order;
mod verdict;

pub use order::{Order, Tenure};
pub use verdict::{Gone, JobEnd, Verdict};

use std::time::Duration;

/// What a host does with an order (see the file itself).
pub(super) const HOST: &str = include_str!("host.sh");
/// How much of the end of each stream of a job is shown.
const SHOWN: usize = 128 * 1024;
/// The longest part of a record that goes over at once.
pub const PART: usize = 512 * 1024;
/// The longest answer to an order: two streams or a part of a record, and the lines before them.
pub(super) const ANSWER: usize = 2 * PART;
/// Time for what an order does besides waiting for a job: waiting for the host's lock (30 s) most
/// of all.
pub(super) const WITHIN: Duration = Duration::from_secs(75);

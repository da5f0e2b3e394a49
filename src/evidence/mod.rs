//! What rehearsals came to.

mod drill;

pub use drill::{Back, Drill, Resumed};

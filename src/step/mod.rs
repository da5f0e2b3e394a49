//! What each kind of step runs: facts in, exact commands out. One file a kind.

mod copy;
mod drain;
mod gate;
mod health;
mod notice;
mod package;
mod scan;
mod service;

pub use copy::{copy, staged_path};
pub use drain::{drain, restore};
pub use gate::{Rest, await_healthy, await_idle, confirm, prove_backup};
pub use health::{await_health, needed_healthy};
pub use notice::tell;
pub use package::{Host, change_package, rehearse};
pub use scan::{scan_after, scan_before};
pub use service::start_and_see;

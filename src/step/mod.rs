//! What each kind of step runs: facts in, exact commands out. One file a kind.

mod backup;
mod center;
mod copy;
mod drain;
mod file;
mod gate;
mod health;
mod logs;
mod major;
mod notice;
mod package;
mod procedure;
mod reach;
mod removal;
mod repository;
mod scan;
mod service;
mod version;

pub use backup::{back_up, prove_backup};
pub use center::requests;
pub use copy::{copy, staged_path};
pub use drain::{drain, restore};
pub use file::{with_files, without_files};
pub use gate::{Rest, await_all_idle, await_healthy, await_idle, confirm};
pub use health::{await_health, needed_healthy};
pub use logs::{logs, mark_logs, read_logs};
pub use major::{finalise, move_back, move_data};
pub use notice::tell;
pub use package::{Host, change_package, rehearse};
pub use procedure::{compare, finish, note, prepare, role};
pub use reach::{await_reach, reach};
pub use removal::remove_package;
pub use repository::fetch;
pub use scan::{scan_after, scan_before};
pub use service::start_and_see;

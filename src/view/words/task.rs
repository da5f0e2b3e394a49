//! Words for what a command carries out.

use super::bytes;
use crate::transport::Task;

/// What a command carries out, to be read after "while" or as a line of its own: `install md-core
/// 5.14.2`.
#[must_use]
pub fn task(task: &Task) -> String {
    match task {
        Task::FindFile { path, .. } => format!("look for {}", file(path.as_str())),
        Task::ReceiveFile { path, size, .. } => {
            format!("copy {}, {}", file(path.as_str()), bytes(*size))
        }
        Task::CheckFile { path, .. } => format!("check the content of {}", file(path.as_str())),
        Task::InstallFile { package, version, .. } => format!("install {package} {version}"),
        Task::InstallFromRepository { package, version, .. } => {
            format!("install {package} {version} from the repository")
        }
        Task::StartUnit { unit } => format!("start {unit}"),
        Task::CheckVersion { package, version } => format!("check that {package} is {version}"),
        Task::CheckUnit { unit } => format!("check that {unit} is active"),
        Task::AwaitHealth { unit, .. } => format!("wait until {unit} is healthy"),
    }
}

/// The last part of a path on a host.
fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

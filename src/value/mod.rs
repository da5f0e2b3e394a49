//! Small values with rules of their own: versions, digests, periods, paths on hosts, secrets,
//! shares, sizes, windows of time.

mod batch;
mod digest;
mod guid;
mod percent;
mod period;
mod remote_path;
mod secret;
mod share;
mod size;
mod steering;
mod version;
mod window;

pub use batch::{Batch, BatchError};
pub use digest::{Digest, DigestError};
pub use guid::{Guid, GuidError};
pub use percent::{Percent, PercentError};
pub use period::{Period, PeriodError};
pub use remote_path::{RemotePath, RemotePathError};
pub use secret::{Secret, SecretError, SecretReference};
pub use share::{Share, ShareError};
pub use size::{Size, SizeError};
pub use steering::{harmless, steers};
pub use version::{PackageVersion, Version, VersionError};
pub use window::{Freeze, FreezeError, Opening, OpeningError, Window, ZoneError};

//! What forecasts rest on.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::source::At;

/// What forecasts rest on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Forecast {
    /// Files with what steps took before, of this cluster or of its staging, relative to the manifest;
    /// `mdc history --durations` writes them. Where they know nothing, the catalog's durations hold.
    #[schemars(with = "Vec<String>")]
    pub durations: Vec<At<Utf8PathBuf>>,
}

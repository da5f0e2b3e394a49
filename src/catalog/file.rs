//! Files that are kept on a component's hosts, as templates.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::RemotePath;

/// A file on every host of a component: its settings, or an ignition file, which a service reads when it
/// is first started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileTemplate {
    /// Where it is on the host.
    pub path: Option<RemotePath>,
    /// When it is written.
    #[serde(default)]
    pub write: Write,
    /// What it holds: a handlebars template over `values`, `secrets`, `ports`, `host`, `cluster`,
    /// `version`, and by component `at` (the first host that has it) and `all`. Instead of `template`.
    #[serde(default)]
    pub content: Option<String>,
    /// The file with that template, relative to the manifest. Instead of `content`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub template: Option<Utf8PathBuf>,
    /// Who may read and write it, as chmod(1) takes it.
    #[serde(default = "mode")]
    #[schemars(regex(pattern = r"^0?[0-7]{3}$"))]
    pub mode: String,
    /// Whose it is, as chown(1) takes it.
    #[serde(default = "owner")]
    #[schemars(regex(pattern = r"^[a-z_][a-z0-9_-]*(:[a-z_][a-z0-9_-]*)?$"))]
    pub owner: String,
    /// Whether the service is restarted when the content has changed.
    #[serde(default = "restart")]
    pub restart: bool,
}

/// When a file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Write {
    /// Whenever it differs on the host.
    #[default]
    Always,
    /// Before the component is installed where it wasn't; later differences don't count.
    OnInstall,
    /// Not at all.
    Never,
}

/// A value for templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Setting {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Truth(bool),
}

/// Only root, since most such files hold a key or a password.
fn mode() -> String {
    "0600".to_owned()
}

fn owner() -> String {
    "root:root".to_owned()
}

const fn restart() -> bool {
    true
}

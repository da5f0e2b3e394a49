//! Who is told, when, and how: notices before a stage, at its start, at its end, and on failure.

mod convert;
mod text;
mod variables;

pub(super) use convert::convert;
pub(super) use text::NoticeText;
pub use variables::{Variables, names};

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::source::At;
use crate::value::{Period, SecretReference};

/// When people are told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// When a plan begins that holds the stage.
    Before,
    /// Right before the first change of the stage.
    Start,
    /// When the stage has ended, however that was.
    End,
    /// When a step of the stage has failed.
    Failure,
}

impl Moment {
    /// The word of manifests and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Start => "start",
            Self::End => "end",
            Self::Failure => "failure",
        }
    }

    /// Whether a stage can wait for it.
    #[must_use]
    pub const fn can_block(self) -> bool {
        !matches!(self, Self::Failure)
    }
}

/// People who are told, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    /// By which name plans and records call it.
    pub name: ComponentName,
    /// When.
    pub on: BTreeSet<Moment>,
    /// Of which stages.
    pub stages: BTreeSet<Stage>,
    /// How.
    pub channel: Channel,
    /// The subject, as written.
    #[serde(skip)]
    pub subject: Option<At<Template>>,
    /// The text, as written.
    #[serde(skip)]
    pub text: Option<At<Template>>,
    /// Whether nothing goes on as long as it can't be delivered.
    pub blocking: bool,
    /// The time for it, all tries included.
    pub within: Period,
    /// How often it is tried again as long as nothing was sent.
    pub retries: u32,
}

/// A handlebars template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// In the manifest itself.
    Here(String),
    /// In a file, relative to the manifest's folder.
    File(Utf8PathBuf),
}

/// How people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// By a request to a web server.
    Webhook(Box<Webhook>),
    /// By e-mail.
    Email(Box<Email>),
    /// By a command on the controller, with the text as its standard input.
    Command(String),
}

/// A request to a web server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Webhook {
    /// The address, or the part of it that everybody may know.
    pub url: String,
    /// What stands behind it in the address and only few may know.
    #[serde(skip)]
    pub secret_path: Option<SecretReference>,
    /// Headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// A header whose value only few may know.
    pub secret_header: Option<SecretHeader>,
    /// The body, as written; without one, the variables as JSON.
    #[serde(skip)]
    pub body: Option<At<Template>>,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
}

/// A header whose value only few may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SecretHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Where its value is read from.
    #[serde(skip)]
    pub value: SecretReference,
}

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Email {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// The sender.
    pub from: String,
    /// Those who get it.
    pub to: Vec<String>,
    /// Who logs in.
    pub user: Option<String>,
    /// By which password.
    #[serde(skip)]
    pub password: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to the manifest's folder;
    /// default: the system's.
    #[serde(skip)]
    pub ca: Option<Utf8PathBuf>,
}

/// How the connection to a mail server is encrypted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// It begins in the clear and is encrypted before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// It is encrypted from its first byte (RFC 8314).
    Tls,
    /// In the clear.
    None,
}

/// The longest command that is shown whole where a few words have to do.
const LONGEST: usize = 40;

impl Webhook {
    /// What kind of text the body is.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.headers.get("content-type").map_or("application/json", String::as_str)
    }

    /// Whether the body has to be JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let kind = self.content_type().split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json")
    }
}

impl Channel {
    /// How people are told, without anything secret: `mail to ops@a through smtp.a:587`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Webhook(webhook) => {
                let more = if webhook.secret_path.is_some() { "/…" } else { "" };
                format!("POST {}{more}", webhook.url)
            }
            Self::Email(email) => {
                format!("mail to {} through {}:{}", email.to.join(", "), email.host, email.port)
            }
            Self::Command(command) if command.chars().count() > LONGEST => {
                let beginning: String = command.chars().take(LONGEST).collect();
                format!("the command `{beginning}…`")
            }
            Self::Command(command) => format!("the command `{command}`"),
        }
    }
}

//! Notices as they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use camino::Utf8PathBuf;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{MailTls, Moment, Template};
use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::source::{At, WebAddress};
use crate::value::{Period, SecretReference};

/// People who are told of what happens to the cluster, when and how. Exactly one of `webhook`,
/// `email` and `command` says how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct NoticeText {
    /// By which name plans and records call it.
    pub(super) name: At<ComponentName>,
    /// When: `before`, `start`, `end`, `failure`.
    #[schemars(length(min = 1))]
    pub(super) on: Vec<Moment>,
    /// Of which stages; default both: `live`, `critical`.
    #[schemars(length(min = 1))]
    pub(super) stages: Option<Vec<Stage>>,
    /// By a request to a web server.
    pub(super) webhook: Option<WebhookText>,
    /// By e-mail.
    pub(super) email: Option<EmailText>,
    /// By a command line for `sh` on the controller, which gets the text as its standard input.
    #[schemars(length(min = 1))]
    pub(super) command: Option<String>,
    /// The subject, as a handlebars template, or `{ file = "…" }`; default: what happens, in a few words.
    pub(super) subject: Option<At<TemplateText>>,
    /// The text, as a handlebars template, or `{ file = "…" }`; default: all that the variables tell.
    pub(super) text: Option<At<TemplateText>>,
    /// Whether nothing goes on as long as it can't be delivered; default no.
    #[serde(default)]
    pub(super) blocking: Option<At<bool>>,
    /// The time for it, all tries included; default `30s`.
    pub(super) within: Option<Period>,
    /// How often it is tried again as long as nothing was sent; default 2.
    #[schemars(range(max = 20))]
    pub(super) retries: Option<u32>,
}

/// A request to a web server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct WebhookText {
    /// The address, or the part of it that everybody may know: `https://chat.example/hooks`.
    #[schemars(with = "WebAddress")]
    pub(super) url: At<String>,
    /// What stands behind `url` in the address and only few may know, as chat services have it.
    pub(super) secret_path: Option<SecretReference>,
    /// Headers besides `content-type: application/json`, which may be another one.
    #[serde(default)]
    pub(super) headers: BTreeMap<At<String>, At<String>>,
    /// A header whose value only few may know.
    pub(super) secret_header: Option<SecretHeaderText>,
    /// The body, as a handlebars template, or `{ file = "…" }`; default: the variables as JSON.
    pub(super) body: Option<At<TemplateText>>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) ca: Option<Utf8PathBuf>,
}

/// A header whose value only few may know.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct SecretHeaderText {
    /// Its name, such as `authorization`.
    #[schemars(length(min = 1))]
    pub(super) name: At<String>,
    /// Where all of its value is read from: for `authorization` also the word before the token.
    pub(super) value: SecretReference,
}

/// An e-mail.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::manifest) struct EmailText {
    /// The mail server: `smtp.example` or `smtp.example:587`; default port 587, with `tls = "tls"` 465,
    /// with `tls = "none"` 25.
    #[schemars(length(min = 1))]
    pub(super) smtp: At<String>,
    /// The sender: `mdc@example.org` or `mdc <mdc@example.org>`.
    #[schemars(length(min = 1))]
    pub(super) from: At<String>,
    /// Those who get it.
    #[schemars(length(min = 1))]
    pub(super) to: Vec<At<String>>,
    /// How the connection is encrypted; default `starttls`.
    #[serde(default)]
    pub(super) tls: MailTls,
    /// Who logs in; default: nobody does.
    #[schemars(length(min = 1))]
    pub(super) user: Option<At<String>>,
    /// By which password.
    pub(super) password: Option<SecretReference>,
    /// The certificates of the authorities to trust, as PEM, relative to this file's folder; default:
    /// the system's.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub(super) ca: Option<Utf8PathBuf>,
}

/// As it is written: a text, or a table with `file`.
#[derive(Debug)]
pub(in crate::manifest) struct TemplateText(pub(super) Template);

/// A file that holds a template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FileText {
    /// The file, relative to this file's folder.
    #[schemars(with = "String", length(min = 1))]
    file: Utf8PathBuf,
}

impl<'de> Deserialize<'de> for TemplateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = TemplateText;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a template, or a table with `file`")
            }

            fn visit_str<E>(self, text: &str) -> Result<TemplateText, E> {
                Ok(TemplateText(Template::Here(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TemplateText, A::Error> {
                let text = FileText::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TemplateText(Template::File(text.file)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for TemplateText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    /// The alternatives stand in it themselves: the check of a manifest takes one by its type.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = json_schema!({ "type": "string", "minLength": 1 });
        json_schema!({ "anyOf": [text, FileText::json_schema(generator)] })
    }
}

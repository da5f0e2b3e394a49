//! Routes of Control Center: templates of requests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RouteValues;
use crate::catalog::{Component, Kind};
use crate::value::Period;

/// What Control Center can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// To bring a component to a host that lacks it.
    Install,
    /// To bring it to a newer version.
    Upgrade,
    /// To bring it to an older one.
    Downgrade,
    /// To finish an installation that was left half-way.
    Repair,
}

impl Way {
    /// The name of its table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Repair => "repair",
        }
    }
}

/// The methods that a request may have (RFC 9110, section 9; RFC 5789).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks; changes nothing.
    Get,
    /// Has something done.
    Post,
    /// Puts something in its place.
    Put,
    /// Changes a part.
    Patch,
    /// Takes something away.
    Delete,
}

impl Method {
    /// Its name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it only asks.
    #[must_use]
    pub const fn only_asks(self) -> bool {
        matches!(self, Self::Get)
    }
}

/// All requests that Control Center takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Routes {
    /// What the file is called, for messages.
    #[serde(skip)]
    pub file: String,
    /// Logging in and out.
    pub session: Session,
    /// By what is to be done, and to which component.
    pub ways: BTreeMap<Way, BTreeMap<String, Route>>,
}

/// What is asked, in this order.
pub type Route = Vec<RouteRequest>;

/// The key of the route for every instance that has none of its own.
pub(super) const INSTANCE: &str = "instance";

impl Routes {
    /// The requests that do this to `component`, if there are any.
    #[must_use]
    pub fn of(&self, way: Way, component: &Component) -> Option<&Route> {
        let routes = self.ways.get(&way)?;
        let general = || routes.get(INSTANCE).filter(|_| component.kind == Kind::Instance);
        routes.get(component.name.as_str()).or_else(general)
    }
}

/// Logging in and out, as the vendor's page on the REST interface has it unless the file says
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Session {
    /// The path that takes user and password.
    pub login: String,
    /// The path that ends a session.
    pub logout: String,
    /// The path that answers when it is ready.
    pub ready: String,
    /// The header that carries the session.
    pub header: String,
    /// Where the answer to a login has the session.
    pub token: String,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            login: "/login".to_owned(),
            logout: "/logout".to_owned(),
            ready: "/readyz".to_owned(),
            header: "apikey".to_owned(),
            token: "/session_id".to_owned(),
        }
    }
}

/// One request; its texts are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RouteRequest {
    /// What it does, in words.
    pub say: String,
    /// Its method.
    pub method: Method,
    /// The path behind the server's address.
    pub path: String,
    /// The body.
    pub body: Option<String>,
    /// How the package file is sent, when it is.
    pub upload: Option<Attachment>,
    /// The statuses that say yes.
    pub expect: Vec<u16>,
    /// Variables, and where the answer has them.
    pub save: BTreeMap<String, String>,
    /// What is waited for.
    pub until: Option<Until>,
    /// When an answer is given up, when that is said.
    pub within: Option<Period>,
}

impl RouteRequest {
    /// Whether it sends the package file, or names it.
    #[must_use]
    pub fn needs_file(&self) -> bool {
        let texts = [Some(&self.path), self.body.as_ref()].into_iter().flatten();
        let until = self.until.iter().flat_map(|until| [&until.pointer, &until.equals]);
        let mut texts = texts.chain(self.save.values()).chain(until);
        self.upload.is_some() || texts.any(|text| RouteValues::of_file(text))
    }
}

/// How a file is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attachment {
    /// The field of the form that has the file; without it, the file alone is the body.
    pub field: Option<String>,
}

/// What an answer is waited for to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Until {
    /// Where the answer has it.
    pub pointer: String,
    /// What has to be there.
    pub equals: String,
    /// What ends the wait as a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fails: Vec<String>,
    /// How long after one another it is asked.
    pub every: Period,
    /// When it is given up.
    pub within: Period,
}

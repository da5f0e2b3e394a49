//! Identity of things: the names of hosts, components and connections, and the address of a
//! resource (`host/component`).

mod name;

pub use name::{ComponentName, ConnectionName, HostName, Name, NameError};

use std::fmt;
use std::str::FromStr;

/// Where a resource lives: one component on one host. Written `host/component`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The host that carries the component.
    pub host: HostName,
    /// The component.
    pub component: ComponentName,
}

impl Address {
    /// The address of `component` on `host`.
    #[must_use]
    pub const fn new(host: HostName, component: ComponentName) -> Self {
        Self { host, component }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.component)
    }
}

impl FromStr for Address {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (host, component) = text.split_once('/').ok_or(NameError::Empty)?;
        Ok(Self::new(host.parse()?, component.parse()?))
    }
}

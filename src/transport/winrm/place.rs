//! One host as its connection says it is reached.

use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use crate::address::HostName;
use crate::manifest::WinrmConnection;
use crate::transport::accounts::{self, Accounts, Attempt};
use crate::transport::failure::Trouble;
use crate::transport::{Controller, Target};

/// Where a host is, and by what rules it is reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its name or address.
    pub(super) address: &'a str,
    /// Where relative paths start.
    pub(super) folder: &'a Utf8Path,
    /// The connection.
    pub(super) settings: &'a WinrmConnection,
    /// This machine.
    pub(super) controller: &'a Controller,
    /// Its name in the manifest.
    host: &'a HostName,
    accounts: &'a Arc<Accounts>,
}

/// The same, on its own.
#[derive(Debug, Clone)]
pub(super) struct OwnPlace {
    address: String,
    folder: Utf8PathBuf,
    settings: WinrmConnection,
    controller: Controller,
    host: HostName,
    accounts: Arc<Accounts>,
}

impl OwnPlace {
    /// Where `target` is.
    pub(super) fn new(
        controller: &Controller,
        target: &Target<'_>,
        settings: &WinrmConnection,
    ) -> Self {
        Self {
            address: target.address.to_owned(),
            folder: target.folder.to_owned(),
            settings: settings.clone(),
            controller: controller.clone(),
            host: target.host.clone(),
            accounts: Arc::default(),
        }
    }

    /// The same, with accounts that other hosts may share.
    pub(super) fn sharing(self, accounts: &Arc<Accounts>) -> Self {
        Self { accounts: Arc::clone(accounts), ..self }
    }

    /// The connection.
    pub(super) const fn settings(&self) -> &WinrmConnection {
        &self.settings
    }

    /// To look at.
    pub(super) fn place(&self) -> Place<'_> {
        Place {
            address: &self.address,
            folder: &self.folder,
            settings: &self.settings,
            controller: &self.controller,
            host: &self.host,
            accounts: &self.accounts,
        }
    }
}

impl Place<'_> {
    /// To be called before the password is shown.
    pub(super) fn begin(&self, until: Option<Instant>) -> Result<Attempt, Trouble> {
        self.accounts.begin(self.host, accounts::of(self.settings), until)
    }

    /// A path that the connection names.
    pub(super) fn path(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.controller.path(self.folder, path)
    }

    /// The port.
    pub(super) fn port(&self) -> u16 {
        self.settings.port()
    }

    /// The address and the port, as in a URL.
    pub(super) fn authority(&self) -> String {
        let address = self.address;
        if address.contains(':') {
            format!("[{address}]:{}", self.port())
        } else {
            format!("{address}:{}", self.port())
        }
    }

    /// The whole address of the service.
    pub(super) fn url(&self) -> String {
        let scheme = if self.settings.https { "https" } else { "http" };
        format!("{scheme}://{}{PATH}", self.authority())
    }
}

/// Where the service is on a host (MS-WSMV, 2.1).
pub(super) const PATH: &str = "/wsman";

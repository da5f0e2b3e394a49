//! What all SSH connections of one run share. Each file is read once, however many hosts need it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::transport::{Controller, Turns};

use super::config::Config;
use super::key_file::KeyFile;
use super::known_hosts::KnownHosts;

/// A value for each key, made once; a failure too.
type Once<K, V> = Mutex<BTreeMap<K, Result<Arc<V>, String>>>;

/// Files of the controller that ways to hosts depend on.
#[derive(Debug, Default)]
pub(in crate::transport) struct Keyring {
    controller: Controller,
    known_hosts: Once<Vec<Utf8PathBuf>, KnownHosts>,
    configs: Once<Utf8PathBuf, Config>,
    keys: Once<Utf8PathBuf, KeyFile>,
    agents: Once<Utf8PathBuf, ()>,
    turns: Turns,
}

impl Keyring {
    pub(in crate::transport) fn new(controller: Controller) -> Self {
        Self { controller, ..Self::default() }
    }

    pub(in crate::transport) const fn controller(&self) -> &Controller {
        &self.controller
    }

    pub(in crate::transport) const fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(super) fn known_hosts(&self, files: &[Utf8PathBuf]) -> Result<Arc<KnownHosts>, String> {
        once(&self.known_hosts, files, |files| KnownHosts::read(files.clone()))
    }

    pub(super) fn config(&self, path: &Utf8Path) -> Result<Arc<Config>, String> {
        once(&self.configs, path, |path| Config::read(path, self.controller.home.as_deref()))
    }

    pub(super) fn key(&self, path: &Utf8Path) -> Result<Arc<KeyFile>, String> {
        once(&self.keys, path, |path| KeyFile::read(path))
    }

    /// Whether the agent at `socket` answers: libssh2 would wait for it without end.
    pub(super) fn agent(&self, socket: &Utf8Path) -> Result<(), String> {
        once(&self.agents, socket, |socket| super::login::agent::answers(socket)).map(|_| ())
    }

    /// What was passed over in the files that were read.
    pub(in crate::transport) fn notes(&self) -> Vec<String> {
        let known = self.known_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = known.values().flatten().flat_map(|known| known.faults.clone());
        faults.chain(configs.values().flatten().flat_map(|config| config.notes.clone())).collect()
    }
}

/// The value for `key`, made at the first call; others wait for it meanwhile.
fn once<K, V, Q>(
    shared: &Once<K, V>,
    key: &Q,
    make: impl FnOnce(&K) -> Result<V, String>,
) -> Result<Arc<V>, String>
where
    K: Ord + std::borrow::Borrow<Q>,
    Q: Ord + ToOwned<Owned = K> + ?Sized,
{
    let mut known = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = known.get(key) {
        return value.clone();
    }
    let key = key.to_owned();
    let value = make(&key).map(Arc::new);
    known.insert(key, value.clone());
    value
}

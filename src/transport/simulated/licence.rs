//! MD Core instances of a simulated fleet, by the vendor's rules of hot backup: one file for all of them,
//! since a nomination moves two.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::address::HostName;
use crate::fact::{CoreFacts, EngineFacts};
use crate::standby::{Move, Role, Standing};
use crate::transport::LicenceRequest;
use crate::value::Digest;

/// The engines of a fresh instance.
const ENGINES: [&str; 2] = ["Archive", "ClamAV"];

/// The instances of a fleet.
#[derive(Debug, Clone)]
pub struct Licences {
    folder: Utf8PathBuf,
    /// The parts that they play at first.
    first: BTreeMap<HostName, Role>,
}

/// All instances, as the file holds them.
#[derive(Debug, Default, Serialize, Deserialize, PartialEq, Eq, Clone)]
#[serde(rename_all = "kebab-case")]
struct Known {
    cores: BTreeMap<HostName, Instance>,
}

/// One instance.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq, Clone)]
#[serde(rename_all = "kebab-case")]
struct Instance {
    facts: CoreFacts,
    /// Why it can't be asked; edit it to try an outage.
    #[serde(default)]
    unreachable: Option<String>,
}

impl Licences {
    /// The instances of the fleet in `folder`, which play these parts at first.
    #[must_use]
    pub const fn new(folder: Utf8PathBuf, first: BTreeMap<HostName, Role>) -> Self {
        Self { folder, first }
    }

    /// What the instance on `host` tells.
    ///
    /// # Errors
    /// When it is set to be unreachable, or the file can't be used.
    pub fn facts(&self, host: &HostName) -> Result<CoreFacts, String> {
        self.change(|known| Ok(self.instance(known, host)?.facts.clone()))
    }

    /// Makes the instance on `host` as it was seen.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn make(&self, host: &HostName, facts: CoreFacts) -> Result<(), String> {
        self.change(|known| {
            known.cores.insert(host.clone(), Instance { facts, unreachable: None });
            Ok(())
        })
    }

    /// Lets the instance on `host` be out of reach, for this reason, or not any more.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn set_reach(&self, host: &HostName, unreachable: Option<&str>) -> Result<(), String> {
        self.change(|known| {
            let role = self.first.get(host).copied().unwrap_or(Role::Unlicensed);
            let new = || Instance { facts: fresh(host, role), unreachable: None };
            let instance = known.cores.entry(host.clone()).or_insert_with(new);
            instance.unreachable = unreachable.map(str::to_owned);
            Ok(())
        })
    }

    /// What the instance on `host` answers to `request`; `site`: those that it stands by for, and that stand by
    /// for it.
    ///
    /// # Errors
    /// When it refuses.
    pub fn carry_out(
        &self,
        host: &HostName,
        request: &LicenceRequest,
        site: &[&HostName],
    ) -> Result<String, String> {
        self.change(|known| {
            if let LicenceRequest::ImportSettings { from, digest, .. } = request {
                let facts = self.instance(known, from)?.facts.clone();
                if facts.settings_digest() != Some(*digest) {
                    let why = "have changed since the plan was made";
                    return Err(format!("the settings of {from} {why}"));
                }
                self.instance(known, host)?.facts.settings = facts.settings;
                return Ok("Successfully imported".to_owned());
            }
            let Some(what) = request.part_of() else { return Ok(String::new()) };
            let offline = self.instance(known, host)?.facts.online == Some(false);
            let role = self.instance(known, host)?.facts.role;
            let role = Standing { role, offline }.after(what).map_err(|it| it.why().to_owned())?;
            if what == Move::Nominate {
                let of_site = known.cores.iter_mut().filter(|(host, _)| site.contains(host));
                for (_, instance) in of_site {
                    if instance.facts.role == Role::Production {
                        instance.facts.take(Role::Unlicensed, false);
                    }
                }
            }
            let goes_offline = matches!(
                request,
                LicenceRequest::RegisterOffline { .. } | LicenceRequest::ActivateOffline { .. }
            );
            self.instance(known, host)?.facts.take(role, goes_offline);
            Ok(format!("it is {} now", role.as_str()))
        })
    }

    fn instance<'k>(
        &self,
        known: &'k mut Known,
        host: &HostName,
    ) -> Result<&'k mut Instance, String> {
        let role = self.first.get(host).copied().unwrap_or(Role::Unlicensed);
        let new = || Instance { facts: fresh(host, role), unreachable: None };
        let instance = known.cores.entry(host.clone()).or_insert_with(new);
        match &instance.unreachable {
            Some(why) => Err(format!("no connection: {why}")),
            None => Ok(instance),
        }
    }

    /// Lets `change` work on all instances, alone, and keeps what it changed.
    fn change<T>(&self, change: impl FnOnce(&mut Known) -> Result<T, String>) -> Result<T, String> {
        let path = self.folder.join("licences.json");
        let cant = |error: io::Error| format!("{path} can't be used: {error}");
        fs::create_dir_all(&self.folder).map_err(cant)?;
        let lock = self.folder.join(".licences.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(lock);
        let lock = lock.map_err(cant)?;
        // Released when the file is closed.
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| cant(error.into()))?;
        let mut known = read(&path).map_err(cant)?;
        let before = known.clone();
        let result = change(&mut known);
        if known != before {
            let text = serde_json::to_vec_pretty(&known).map_err(|error| cant(error.into()))?;
            let next = self.folder.join(".licences.json.next");
            fs::write(&next, text).map_err(cant)?;
            fs::rename(&next, &path).map_err(cant)?;
        }
        result
    }
}

fn read(path: &Utf8Path) -> io::Result<Known> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Known::default()),
        Err(error) => Err(error),
    }
}

fn fresh(host: &HostName, role: Role) -> CoreFacts {
    let mut facts = CoreFacts {
        role: Role::Unlicensed,
        deployment: format!("SIM{}", Digest::of(host.as_str().as_bytes()).short()),
        online: None,
        days_left: None,
        version: "simulated".to_owned(),
        unhealthy: None,
        ailing: Vec::new(),
        unanswered: BTreeMap::new(),
        engines: BTreeMap::new(),
        settings: Some(BTreeMap::from([(
            "policy".to_owned(),
            Digest::of(if role == Role::Production { host.as_str() } else { "" }.as_bytes()),
        )])),
    };
    facts.take(role, false);
    facts
}

impl CoreFacts {
    /// Plays another part; engines come with a licence and go with it.
    fn take(&mut self, role: Role, offline: bool) {
        self.role = role;
        let licensed = role != Role::Unlicensed;
        self.online = licensed.then_some(!offline);
        self.days_left = licensed.then_some(365);
        self.engines.clear();
        let engine = |name: &str| {
            let (version, state) = ("1".to_owned(), "production".to_owned());
            (name.to_owned(), EngineFacts { version, state, progress: None })
        };
        if licensed {
            self.engines.extend(ENGINES.map(engine));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SecretReference;

    #[test]
    fn a_nomination_moves_its_own_site_and_an_import_what_was_reviewed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let host = |name: &str| name.parse::<HostName>().unwrap();
        let [a, b, other] = ["a", "b", "other"].map(host);
        let first = [(&a, Role::Production), (&b, Role::Backup), (&other, Role::Production)];
        let first = first.map(|(host, role)| (host.clone(), role));
        let licences = Licences::new(folder, first.into());
        let role = |host| licences.facts(host).unwrap().role;
        assert_eq!(role(&other), Role::Production);
        let import = |digest| LicenceRequest::ImportSettings {
            from: a.clone(),
            digest,
            password: None::<SecretReference>,
        };
        let changed = licences.carry_out(&b, &import(Digest::of(b"others")), &[&a, &b]);
        assert!(changed.unwrap_err().contains("have changed since"));
        let digest = licences.facts(&a).unwrap().settings_digest().unwrap();
        licences.carry_out(&b, &import(digest), &[&a, &b]).unwrap();
        licences.carry_out(&b, &LicenceRequest::Nominate, &[&a, &b]).unwrap();
        assert_eq!(
            [&a, &b, &other].map(role),
            [Role::Unlicensed, Role::Production, Role::Production]
        );
    }
}

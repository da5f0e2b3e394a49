//! Moves of MD Core's licence: the controller asks the instance, or the licence server; no host runs
//! anything.

use crate::diff::{Action, LicenceChange};
use crate::manifest::Standby;
use crate::standby::Role;
use crate::transport::{Account, Command, LicenceRequest, LicenceUntil, LicenceWait, Task};
use crate::value::{Period, SecretReference};

/// How long an answer may take: a move asks the licence server, settings are large.
const ANSWER: Period = Period::seconds(60);
/// How often an instance is asked for its part.
const EVERY: Period = Period::seconds(2);
/// How often it is seen whether engines are there.
const READY_EVERY: Period = Period::seconds(15);

/// What is done for `change`; `at_once`: without waiting until who takes over is ready. None when
/// something is lacking that the manifest was checked for.
#[must_use]
pub fn licence(standby: &Standby, change: &LicenceChange, at_once: bool) -> Vec<Command> {
    let made = Made { standby, change };
    let plays = |role| made.wait(LicenceUntil::Plays(role), (EVERY, standby.settle_within));
    match change.action {
        Action::Register => vec![made.register(), plays(Role::Backup)],
        Action::Unregister => vec![made.asked(LicenceRequest::Unregister), plays(Role::Unlicensed)],
        Action::Activate => vec![made.activate(), plays(Role::Production)],
        Action::Yield => vec![plays(Role::Unlicensed)],
        Action::Deactivate => made.deactivate(),
        Action::ImportSettings => made.import(),
        Action::Nominate => {
            let ready = change.other.as_ref().filter(|_| !at_once).map(|(host, _)| {
                let until = LicenceUntil::Ready(host.clone());
                made.wait(until, (READY_EVERY, standby.ready_within))
            });
            let moves = [made.asked(LicenceRequest::Nominate), plays(Role::Production)];
            ready.into_iter().chain(moves).collect()
        }
        _ => Vec::new(),
    }
}

struct Made<'a> {
    standby: &'a Standby,
    change: &'a LicenceChange,
}

impl Made<'_> {
    fn url(&self) -> &str {
        self.standby.cores.get(&self.change.host).map_or("", |core| &core.url)
    }

    fn asked(&self, request: LicenceRequest) -> Command {
        Command {
            run: request.text(self.url()),
            account: Account::Login,
            within: ANSWER,
            task: Task::Licence(Box::new(request)),
        }
    }

    fn wait(&self, until: LicenceUntil, (every, give_up): (Period, Period)) -> Command {
        let wait = LicenceWait { until, every, give_up };
        Command {
            run: wait.text(self.url()),
            account: Account::Login,
            within: give_up,
            task: Task::AwaitLicence(wait),
        }
    }

    fn offline(&self) -> bool {
        self.standby.cores.get(&self.change.host).is_some_and(|core| core.offline)
    }

    /// The `license.yml` of `host`.
    fn file(&self, host: &crate::address::HostName) -> SecretReference {
        let core = self.standby.cores.get(host);
        let file = core.and_then(|core| core.license_file.clone());
        file.unwrap_or_else(|| SecretReference::File("license.yml".into()))
    }

    fn key(&self) -> SecretReference {
        let key = self.standby.activation_key.clone();
        key.unwrap_or_else(|| SecretReference::File("activation.key".into()))
    }

    fn register(&self) -> Command {
        let production = self.change.other.as_ref();
        let request = match production {
            Some((host, _)) if self.offline() => {
                LicenceRequest::RegisterOffline { license_file: self.file(host) }
            }
            other => {
                let production = other.map(|(_, facts)| facts.deployment.clone());
                LicenceRequest::Register {
                    key: self.key(),
                    production: production.unwrap_or_default(),
                }
            }
        };
        self.asked(request)
    }

    fn activate(&self) -> Command {
        let host = &self.change.host;
        self.asked(if self.offline() {
            LicenceRequest::ActivateOffline { license_file: self.file(host) }
        } else {
            LicenceRequest::Activate { key: self.key(), comment: format!("mdc: {host}") }
        })
    }

    fn deactivate(&self) -> Vec<Command> {
        let LicenceChange { host, facts, .. } = self.change;
        let text = format!(
            "give the licence of the deployment {} ({host}) back on My OPSWAT or on the instance's own pages",
            facts.deployment
        );
        let seen = self.wait(LicenceUntil::GivenBack(text), (EVERY, self.standby.settle_within));
        match (&self.standby.deactivation, &self.standby.activation_key) {
            (Some(route), Some(key)) => {
                let (route, key) = (route.clone(), key.clone());
                let deployment = facts.deployment.clone();
                vec![self.asked(LicenceRequest::Deactivate { route, key, deployment }), seen]
            }
            _ => vec![seen],
        }
    }

    fn import(&self) -> Vec<Command> {
        let LicenceChange { other, settings, .. } = self.change;
        let (Some((from, _)), Some(digest)) = (other, settings) else { return Vec::new() };
        let password = self.standby.settings_password.clone();
        vec![self.asked(LicenceRequest::ImportSettings {
            from: from.clone(),
            digest: *digest,
            password,
        })]
    }
}

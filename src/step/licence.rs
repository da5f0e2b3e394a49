//! Moves of MD Core's licence: the controller asks the instance, or the licence server; no host runs
//! anything.

use crate::diff::{Action, LicenceChange};
use crate::manifest::{Entitlement, Standby};
use crate::standby::Role;
use crate::transport::{Account, Command, LicenceRequest, LicenceUntil, LicenceWait, Task};
use crate::value::Period;

/// How often an instance is asked for its part.
const EVERY: Period = Period::seconds(2);
/// How often it is seen whether engines are there.
const READY_EVERY: Period = Period::seconds(15);

/// What is done for `change`; `at_once`: without waiting until who takes over is ready. None when there
/// is nothing to license it by, of which no plan is made.
#[must_use]
pub fn licence(standby: &Standby, change: &LicenceChange, at_once: bool) -> Option<Vec<Command>> {
    let made = Made { standby, change };
    let plays = |role| made.wait(LicenceUntil::Plays(role), (EVERY, standby.settle_within));
    Some(match change.action {
        Action::Register => vec![made.register()?, plays(Role::Backup)],
        Action::Unregister => vec![made.asked(LicenceRequest::Unregister), plays(Role::Unlicensed)],
        Action::Activate => vec![made.activate()?, plays(Role::Production)],
        Action::Yield => vec![plays(Role::Unlicensed)],
        Action::Deactivate => made.deactivate(),
        Action::ImportSettings => made.import()?,
        Action::Nominate => {
            let ready = change.other.as_ref().filter(|_| !at_once).map(|(host, _)| {
                let until = LicenceUntil::Ready(host.clone());
                made.wait(until, (READY_EVERY, standby.ready_within))
            });
            let moves = [made.asked(LicenceRequest::Nominate), plays(Role::Production)];
            ready.into_iter().chain(moves).collect()
        }
        _ => return None,
    })
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
            within: self.standby.answer_within,
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

    fn register(&self) -> Option<Command> {
        let (production, facts) = self.change.other.as_ref()?;
        let request = match self.standby.entitlement(&self.change.host, production)? {
            Entitlement::File(license_file) => LicenceRequest::RegisterOffline { license_file },
            Entitlement::Key(key) => {
                LicenceRequest::Register { key, production: facts.deployment.clone() }
            }
        };
        Some(self.asked(request))
    }

    fn activate(&self) -> Option<Command> {
        let host = &self.change.host;
        Some(self.asked(match self.standby.entitlement(host, host)? {
            Entitlement::File(license_file) => LicenceRequest::ActivateOffline { license_file },
            Entitlement::Key(key) => {
                LicenceRequest::Activate { key, comment: format!("mdc: {host}") }
            }
        }))
    }

    fn deactivate(&self) -> Vec<Command> {
        let LicenceChange { host, facts, .. } = self.change;
        let deployment = Some(facts.deployment.clone()).filter(|it| !it.is_empty());
        let named = deployment.as_deref().unwrap_or("that it shows");
        let text = format!(
            "give the licence of the deployment {named} ({host}) back on My OPSWAT or on the instance's own pages"
        );
        let given_back = LicenceUntil::GivenBack(text);
        match (&self.standby.deactivation, &self.standby.activation_key) {
            (Some(route), Some(key)) => {
                let (route, key) = (route.clone(), key.clone());
                let seen = self.wait(given_back, (EVERY, self.standby.settle_within));
                vec![self.asked(LicenceRequest::Deactivate { route, key, deployment }), seen]
            }
            _ => vec![self.wait(given_back, (EVERY, self.standby.give_back_within))],
        }
    }

    fn import(&self) -> Option<Vec<Command>> {
        let LicenceChange { other, settings, facts, .. } = self.change;
        let ((from, production), digest) = (other.as_ref()?, (*settings)?);
        let password = self.standby.settings_password.clone();
        let import =
            self.asked(LicenceRequest::ImportSettings { from: from.clone(), digest, password });
        // Another version may write the same settings otherwise.
        let seen = facts.is_like(production).then(|| {
            self.wait(LicenceUntil::Settings(digest), (EVERY, self.standby.settle_within))
        });
        Some([import].into_iter().chain(seen).collect())
    }
}

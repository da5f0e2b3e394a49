//! Requests that move a licence or settings. Each is sent once; whoever sent it sees afterwards which part
//! the instance plays.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::answer::{Answer, of_core, of_server, said};
use super::exchange::{Outcome, Sent, Server, exchange};
use super::{Cores, observe};
use crate::address::HostName;
use crate::transport::{LicenceRequest, resolve_exact, resolve_secret};
use crate::value::{Digest, Secret, SecretReference};

const OCTETS: &str = "application/octet-stream";
const JSON: &str = "application/json";

impl Cores {
    /// Sends `request` for the instance on `host`, once.
    pub fn request(&self, host: &HostName, request: &LicenceRequest, within: Duration) -> Answer {
        if let Some(licences) = self.simulated.get(host) {
            // What stands in the manifest is read, as for a real one.
            if let Some(why) = self.lacks_secret(request) {
                return Answer::NotSent(why);
            }
            return match licences.carry_out(host, request, &self.site(host)) {
                Ok(said) => Answer::Done(said),
                Err(why) => Answer::Refused(why),
            };
        }
        let sent = self.made(host, request, within);
        sent.unwrap_or_else(Answer::NotSent)
    }

    fn made(
        &self,
        host: &HostName,
        request: &LicenceRequest,
        within: Duration,
    ) -> Result<Answer, String> {
        let (method, path) = request.route();
        let bare = Sent { method, path, ..Sent::default() };
        let outcome = |sent: &Sent<'_>, secrets: &[&str]| {
            of_core(self.send(host, sent, (within, secrets)), secrets)
        };
        Ok(match request {
            LicenceRequest::Unregister | LicenceRequest::Nominate => outcome(&bare, &[]),
            LicenceRequest::Register { key, production } => {
                let key = self.secret(key)?;
                let headers =
                    vec![("activation-key", key.expose()), ("active-deployment-id", production)];
                outcome(&Sent { headers, ..bare }, &[key.expose()])
            }
            LicenceRequest::RegisterOffline { license_file: file }
            | LicenceRequest::ActivateOffline { license_file: file } => {
                let content = resolve_exact(file, &self.folder).map_err(|it| it.to_string())?;
                let body = Some((OCTETS, content.expose().as_bytes()));
                let lines: Vec<&str> = content.expose().lines().filter(|it| it.len() > 7).collect();
                outcome(&Sent { body, ..bare }, &lines)
            }
            LicenceRequest::Activate { key, comment } => {
                let key = self.secret(key)?;
                let body =
                    json!({ "activationKey": key.expose(), "quantity": 1, "comment": comment });
                let body = Secret::new(body.to_string());
                let body = Some((JSON, body.expose().as_bytes()));
                outcome(&Sent { body, ..bare }, &[key.expose()])
            }
            LicenceRequest::Deactivate { route, key, deployment } => {
                let key = self.secret(key)?;
                let deployment = deployment.clone().map_or_else(|| self.deployment(host), Ok)?;
                of_server(given_back(route, (&key, &deployment), within), &[key.expose()])
            }
            LicenceRequest::ImportSettings { from, digest, password } => {
                return self.import((host, from), (digest, password.as_ref()), (bare, within));
            }
        })
    }

    /// Why there is no secret for `request`; none when there is, or it takes none.
    #[must_use]
    pub fn lacks_secret(&self, request: &LicenceRequest) -> Option<String> {
        self.unreadable(request.secret()?)
    }

    /// Why secrets that a move may take can't be read.
    #[must_use]
    pub fn unreadable_secrets(&self) -> BTreeSet<String> {
        let files = self.settings.cores.values().filter_map(|core| core.license_file.as_ref());
        let all = files.chain(&self.settings.activation_key);
        all.filter_map(|reference| self.unreadable(reference)).collect()
    }

    /// Why it can't be read; none when it can.
    fn unreadable(&self, reference: &SecretReference) -> Option<String> {
        resolve_exact(reference, &self.folder).err().map(|error| error.to_string())
    }

    fn secret(&self, reference: &SecretReference) -> Result<Secret, String> {
        resolve_secret(reference, &self.folder).map_err(|error| error.to_string())
    }

    /// Settings as they were reviewed: those that have changed since are not imported.
    fn import(
        &self,
        (host, from): (&HostName, &HostName),
        (digest, password): (&Digest, Option<&SecretReference>),
        (bare, within): (Sent<'_>, Duration),
    ) -> Result<Answer, String> {
        let settings = self.export(from).map_err(|why| format!("{from}: {why}"))?;
        if Digest::of_json(&observe::parts(&settings)) != *digest {
            return Ok(Answer::Refused(format!(
                "the settings of {from} have changed since the plan was made"
            )));
        }
        let Some(password) = password else {
            let text = settings.to_string();
            let body = Some((JSON, text.as_bytes()));
            return Ok(of_core(self.send(host, &Sent { body, ..bare }, (within, &[])), &[]));
        };
        let password = self.secret(password)?;
        let headers = vec![("password", password.expose())];
        let hidden = [password.expose()];
        let export = Sent {
            method: "GET",
            path: "/admin/export/v2",
            headers: headers.clone(),
            verbatim: true,
            ..Sent::default()
        };
        let archive = match self.send(from, &export, (within, &hidden)) {
            Outcome::Answered { status: 200, body } => {
                body.map_err(|why| format!("{from}: the export was cut: {why}"))?
            }
            Outcome::Answered { status, body } => {
                return Err(format!("{from}: {}", said(status, &body, &hidden)));
            }
            Outcome::NotSent(why) | Outcome::Lost(why) => return Err(format!("{from}: {why}")),
        };
        let body = Some((OCTETS, archive.as_slice()));
        let sent = Sent { headers, body, ..bare };
        Ok(of_core(self.send(host, &sent, (within, &hidden)), &hidden))
    }
}

/// Asks the licence server to take a licence back. The key stands in the address: nothing of that is shown.
fn given_back(route: &str, (key, deployment): (&Secret, &str), within: Duration) -> Outcome {
    let plain = key.expose();
    let key = crate::manifest::center::encoded(plain);
    let encoded = crate::manifest::center::encoded(deployment);
    let whole = route.replace("{key}", &key).replace("{deployment}", &encoded);
    let start = whole.find("://").map_or(0, |at| at + 3);
    let rest = whole.get(start..).unwrap_or_default();
    let split = rest.find(['/', '?']).map_or(whole.len(), |at| start + at);
    let (url, path) = whole.split_at(split);
    let server = Server { url, ca: None, certificate: None };
    exchange(&server, &Sent { method: "GET", path, ..Sent::default() }, within, &[plain, &key])
}

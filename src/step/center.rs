//! Requests to Control Center: the controller sends them; no host runs anything.

use super::version::version_text;
use crate::address::Address;
use crate::catalog::{Component, Format, Limits};
use crate::desired::{ControlCenter, DesiredHost, Resource, Source, Upload};
use crate::diff::Action;
use crate::manifest::center::{RouteRequest, RouteValues, Until};
use crate::transport::{Account, Command, Request, Task, UploadedFile};
use crate::value::Period;

/// How long an answer may take, unless something else is said.
const ANSWER: Period = Period::seconds(60);
/// Slowest upload that is waited for, in bytes a second.
const SLOWEST: u64 = 256 * 1024;
/// How often the host is asked for its version.
const EVERY: Period = Period::seconds(5);
/// Time for one question to the package database.
const ASK: Period = Period::seconds(30);

/// The requests that bring `resource`, which is `component` at `address`, to its version; none when
/// no route is known.
#[must_use]
pub fn requests(
    center: &ControlCenter,
    (address, host): (&Address, &DesiredHost),
    (component, resource): (&Component, &Resource),
    action: Action,
) -> Vec<Command> {
    let Source::Center(upload) = &resource.source else { return Vec::new() };
    let route = action.way().and_then(|way| center.routes.of(way, component));
    let mut values = values((address, host), resource, upload.as_ref());
    let requests = route.into_iter().flatten();
    let made: Option<Vec<Command>> =
        requests.map(|request| command(center, request, upload.as_ref(), &mut values)).collect();
    // Rather none than some of them: the version is then waited for in vain, and that is told.
    made.unwrap_or_default()
}

fn values(
    (address, host): (&Address, &DesiredHost),
    resource: &Resource,
    upload: Option<&Upload>,
) -> RouteValues {
    let file = upload.map(|upload| {
        let name = upload.path.file_name().unwrap_or_default().to_owned();
        [("package", name), ("digest", upload.digest.to_string())]
    });
    let known = [
        ("host", address.host.to_string()),
        ("address", host.address.clone()),
        ("os", host.os.clone()),
        ("component", address.component.to_string()),
        ("version", resource.version.to_string()),
    ];
    RouteValues::new(known.into_iter().chain(file.into_iter().flatten()))
}

fn command(
    center: &ControlCenter,
    request: &RouteRequest,
    upload: Option<&Upload>,
    values: &mut RouteValues,
) -> Option<Command> {
    // Each template was tried when the routes were read, and a file that one needs is there.
    let path = values.path(&request.path).ok()?;
    let body = request.body.as_ref().map(|body| values.body(body)).transpose().ok()?;
    let pointer = |text: &String| values.pointer(text).ok();
    let until = match &request.until {
        Some(until) => Some(Until {
            pointer: pointer(&until.pointer)?,
            equals: values.body(&until.equals).ok()?,
            ..until.clone()
        }),
        None => None,
    };
    let save = request.save.iter().map(|(name, at)| Some((name.clone(), pointer(at)?)));
    let save = save.collect::<Option<_>>()?;
    for name in request.save.keys() {
        values.save(name);
    }
    let file = request.upload.as_ref().zip(upload).map(|(how, file)| UploadedFile {
        from: file.path.to_string(),
        digest: file.digest,
        size: file.size,
        field: how.field.clone(),
    });
    let size = file.as_ref().map_or(0, |file| file.size);
    let expect = request.expect.clone();
    let (say, method) = (request.say.clone(), request.method);
    let asked = Request { say, method, path, body, upload: file, expect, save, until };
    let within = request.within.unwrap_or(Period::seconds(ANSWER.whole_seconds() + size / SLOWEST));
    Some(Command {
        run: in_words(&asked, &center.of.url),
        account: Account::Login,
        within,
        task: Task::Request(Box::new(asked)),
    })
}

/// The request as people read it. What vouches for it is named and never shown.
fn in_words(request: &Request, url: &str) -> String {
    let Request { method, path, body, upload, expect, save, until, .. } = request;
    let body = body.as_ref().map(|body| format!(" and the body {body}"));
    let file = upload.as_ref().map(|file| {
        let field = file.field.as_ref().map(|field| format!(" as the field `{field}` of a form"));
        format!(
            " and the file {}{} (SHA-256 {}); the same file once in a run",
            file.name(),
            field.unwrap_or_default(),
            file.digest
        )
    });
    let statuses = expect.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    let saved = |(name, at): (&String, &String)| format!("; {{{{{name}}}}} is taken from {at}");
    let until = until.as_ref().map(|Until { pointer, equals, fails, every, within }| {
        let fails = fails.join(", ");
        let fails = if fails.is_empty() { fails } else { format!(" (a failure: {fails})") };
        format!("; again every {every} until {pointer} is {equals}{fails}, for at most {within}")
    });
    [
        format!("{} {url}{path}, with Control Center's session", method.as_str()),
        body.unwrap_or_default(),
        file.unwrap_or_default(),
        format!("; answered by {statuses}"),
        save.iter().map(saved).collect(),
        until.unwrap_or_default(),
    ]
    .concat()
}

/// The command that sees whether the host has the version, again and again until it has. What Control
/// Center says of it is not believed.
pub(super) fn await_version(resource: &Resource, format: Format, limits: &Limits) -> Command {
    Command {
        run: version_text(resource, format),
        account: Account::Login,
        within: ASK,
        task: Task::AwaitVersion {
            package: resource.package.clone(),
            version: resource.version.clone(),
            every: EVERY,
            give_up: limits.install,
        },
    }
}

//! From the file with the routes to requests that can be made: every template is tried before
//! anybody relies on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::route::INSTANCE;
use super::text::{RequestText, RoutesOf, RoutesText, SessionText, UntilText};
use super::{Attachment, Route, RouteRequest, RouteValues, Routes, Session, Until, Way};
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::template::{Fault, check};
use crate::source::{self, At, Span, did_you_mean};
use crate::value::Period;

/// How long after one another an answer is asked for.
const EVERY: Period = Period::seconds(5);

/// The routes that `source` holds, with all that is wrong with them.
#[must_use]
pub fn routes(source: &Arc<SourceText>, catalog: &Catalog) -> (Option<Routes>, Diagnostics) {
    let (text, found) = source::parse::<RoutesText>(source);
    let Some(text) = text else { return (None, found) };
    let mut checker = Checker { source, catalog, found };
    let session = checker.session(text.session);
    let ways = [
        (Way::Install, text.install),
        (Way::Upgrade, text.upgrade),
        (Way::Downgrade, text.downgrade),
        (Way::Repair, text.repair),
    ];
    let ways = ways.into_iter().map(|(way, routes)| (way, checker.routes(routes))).collect();
    let found = checker.found;
    let routes = Routes { file: source.name.clone(), session, ways };
    ((!found.has_errors()).then_some(routes), found)
}

struct Checker<'a> {
    source: &'a Arc<SourceText>,
    catalog: &'a Catalog,
    found: Diagnostics,
}

impl Checker<'_> {
    fn report(&mut self, (code, message): (Code, String), place: (&Span, &str), help: &str) {
        let label = Label::new(self.source, place.0.clone(), place.1);
        self.found.push(Diagnostic::new(code, message).at(label).help(help));
    }

    fn bad(&mut self, message: impl Into<String>, span: &Span, help: &str) {
        self.report((Code::BadRoute, message.into()), (span, "this"), help);
    }

    fn session(&mut self, text: SessionText) -> Session {
        let default = Session::default();
        let mut path = |written: Option<At<String>>, default: String| {
            let Some(written) = written else { return default };
            self.begins(&written, &written.value);
            self.is_path(&written, &written.value);
            written.value
        };
        let (login, logout) = (path(text.login, default.login), path(text.logout, default.logout));
        let (ready, token) = (path(text.ready, default.ready), path(text.token, default.token));
        let token_char = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let header = text.header.map_or(default.header, |header| {
            if header.is_empty() || !header.chars().all(token_char) {
                let help = "a name has letters, digits and `-` only";
                self.bad("`session.header` is not the name of a header", &header.span, help);
            }
            header.value
        });
        Session { login, logout, ready, header, token }
    }

    fn routes(&mut self, texts: RoutesOf) -> BTreeMap<String, Route> {
        let mut routes = BTreeMap::new();
        for (name, text) in texts {
            if name.value != INSTANCE && self.catalog.component(&name).is_none() {
                let known = self.catalog.components().map(|it| it.name.as_str());
                let known: Vec<&str> = known.chain([INSTANCE]).collect();
                let help = did_you_mean(&name, known, "there are");
                let message = format!("the catalog has no component `{}`", name.value);
                let place = (&name.span, "unknown component");
                self.report((Code::UnknownComponent, message), place, &help);
            }
            // No value that a host or a file may have leaves a request that can't be read.
            let trying = |name| (name, "a \"text\"\n/~".to_owned());
            let mut values = RouteValues::new(RouteValues::NAMES.map(trying));
            let requests = text.requests.into_iter();
            let requests = requests.map(|request| self.request(request, &mut values)).collect();
            routes.insert(name.value, requests);
        }
        routes
    }

    fn request(&mut self, text: At<RequestText>, values: &mut RouteValues) -> RouteRequest {
        let At { span, value: text } = text;
        self.template(("path", &text.path), values, RouteValues::path);
        if let Some(body) = &text.body
            && let Some(example) = self.template(("body", body), values, RouteValues::body)
        {
            self.is_json(body, &example, values);
        }
        let changes = !text.method.only_asks();
        if let (Some(body), Some(_)) = (&text.body, &text.upload) {
            let help = "send the file by itself, and the rest by another request";
            self.bad("a request has either a `body` or an `upload`", &body.span, help);
        }
        if !changes && (text.body.is_some() || text.upload.is_some()) {
            let help = "a GET only asks and is asked again when no answer comes: write `POST`";
            self.bad("a GET has neither `body` nor `upload`", &span, help);
        }
        if let Some(until) = text.until.as_ref().filter(|_| changes) {
            let help = "ask for the state by a GET behind it, with `until` there";
            let message = format!("a {} is not sent again and again", text.method.as_str());
            self.bad(message, &until.span, help);
        }
        let until = text.until.map(|until| self.until(until.value, values));
        let save = self.saved(text.save, values);
        RouteRequest {
            say: text.say,
            method: text.method,
            path: text.path.value,
            body: text.body.map(|body| body.value.trim().to_owned()),
            upload: text.upload.map(|upload| Attachment { field: upload.value.field }),
            expect: text.expect.unwrap_or_else(|| vec![200]),
            save,
            until,
            within: text.within,
        }
    }

    fn until(&mut self, text: UntilText, values: &RouteValues) -> Until {
        self.template(("until.pointer", &text.pointer), values, RouteValues::pointer);
        self.template(("until.equals", &text.equals), values, RouteValues::body);
        Until {
            pointer: text.pointer.value,
            equals: text.equals.value,
            fails: text.fails,
            every: text.every.unwrap_or(EVERY),
            within: text.within,
        }
    }

    fn saved(
        &mut self,
        texts: BTreeMap<At<String>, At<String>>,
        values: &mut RouteValues,
    ) -> BTreeMap<String, String> {
        let mut save = BTreeMap::new();
        let known = values.names();
        for (name, pointer) in texts {
            self.template(("save", &pointer), values, RouteValues::pointer);
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            if !is_name || name.value == "json" {
                let message = format!("`{}` can't be a variable", name.value.escape_debug());
                let help =
                    "a variable has letters, digits, `-` and `_`, and begins with a small letter";
                self.bad(message, &name.span, help);
                continue;
            }
            if known.contains(&name.value) {
                let message = format!("there is a variable `{}` already", name.value);
                self.bad(message, &name.span, "give it another name");
                continue;
            }
            save.insert(name.value, pointer.value);
        }
        for name in save.keys() {
            values.save(name);
        }
        save
    }

    /// The template filled in with values that make trouble; none when it can't be.
    fn template(
        &mut self,
        (key, written): (&str, &At<String>),
        values: &RouteValues,
        fill: impl Fn(&RouteValues, &str) -> Result<String, String>,
    ) -> Option<String> {
        let names = values.names();
        let fault = |why: String| {
            let help = "docs/control-center.md shows what templates can use".to_owned();
            (format!("`{key}` can't be filled in: {why}"), help)
        };
        let (message, help) = match check(written, &names) {
            Ok(()) => match fill(values, written) {
                Ok(filled) => {
                    if ["path", "save", "until.pointer"].contains(&key) {
                        self.begins(written, &filled);
                    }
                    if key == "path" {
                        self.is_path(written, &filled);
                    }
                    return Some(filled);
                }
                Err(why) => fault(why),
            },
            Err(Fault::Unreadable(why)) => fault(why),
            Err(Fault::Unknown(name)) => {
                let known = names.iter().map(String::as_str).collect::<Vec<_>>();
                let help = did_you_mean(&name, known, "the variables here are");
                (format!("`{key}` uses `{name}`, which is no variable here"), help)
            }
        };
        let place = (&written.span, "this template");
        self.report((Code::RouteTemplate, message), place, &help);
        None
    }

    /// Paths and pointers begin with a `/`.
    fn begins(&mut self, written: &At<String>, filled: &str) {
        if !written.starts_with('/') || filled.starts_with("//") {
            let message = format!("`{}` does not begin with one `/`", written.value.escape_debug());
            let help = "paths stand behind the address of Control Center, and pointers (RFC 6901) begin so";
            self.bad(message, &written.span, help);
        }
    }

    /// A path is sent as it stands.
    fn is_path(&mut self, written: &At<String>, filled: &str) {
        if !filled.chars().all(|c| c.is_ascii_graphic() && c != '#' && c != '\\') {
            let message = format!("`{}` can't be sent", written.value.escape_debug());
            self.bad(message, &written.span, "write it as the browser's network view shows it");
        }
    }

    /// Whether a body is JSON, whatever the values are; what an answer tells may be a number.
    fn is_json(&mut self, written: &At<String>, example: &str, values: &RouteValues) {
        let told = values
            .names()
            .into_iter()
            .fold(example.to_owned(), |text, name| text.replace(&format!("{{{{{name}}}}}"), "1"));
        let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&told) else { return };
        let message = format!("`body` does not always make JSON: {error}");
        let help = "write texts as `{{json host}}`, without quotes around them";
        self.report((Code::RouteTemplate, message), (&written.span, "this template"), help);
    }
}

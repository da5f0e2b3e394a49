//! Hosts: ranges expanded, defaults filled in, each machine once.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::Host;
use super::range::{RangeError, expand};
use super::text::{DefaultsText, HostText};
use crate::address::{ComponentName, HostName};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source::{At, Span, address_problem, some_of};

/// The hosts that `texts` stand for.
pub(super) fn convert(
    source: &Arc<SourceText>,
    texts: &BTreeMap<At<String>, HostText>,
    defaults: &DefaultsText,
    found: &mut Diagnostics,
) -> BTreeMap<HostName, Host> {
    if texts.is_empty() {
        found.push(
            Diagnostic::new(Code::NoHosts, "the manifest describes no host")
                .help("add a table such as `[hosts.core-01]` with `components = [\"md-core\"]`"),
        );
    }
    let texts: Vec<(&At<String>, &HostText)> = texts.iter().collect();
    // No host needs another, and of a large cluster they take their time.
    let groups = texts.par_iter().with_min_len(TOGETHER).map(|&(name, text)| {
        let mut found = Diagnostics::default();
        let hosts = Group { source, name, text, defaults, found: &mut found }.hosts();
        (name, hosts, found)
    });
    let mut hosts: BTreeMap<HostName, Host> = BTreeMap::new();
    for (name, group, problems) in groups.collect::<Vec<_>>() {
        found.extend(problems);
        let mut twice: Vec<(HostName, Span)> = Vec::new();
        for (name, host) in group {
            if let Some(first) = hosts.insert(name.clone(), host) {
                twice.push((name, first.span));
            }
        }
        found.extend(twice_problems(source, name, &twice));
    }
    hosts
}

/// So many entries of `[hosts]` are worth a thread.
const TOGETHER: usize = 256;

/// One entry of `[hosts]`, which may stand for several.
struct Group<'a> {
    source: &'a Arc<SourceText>,
    name: &'a At<String>,
    text: &'a HostText,
    defaults: &'a DefaultsText,
    found: &'a mut Diagnostics,
}

impl Group<'_> {
    fn hosts(&mut self) -> Vec<(HostName, Host)> {
        let names = self.expand(self.name);
        let addresses = self.text.address.as_ref().map(|address| self.expand(address));
        let components = self.once(&self.text.components);
        let removed = self.once(&self.text.removed);
        self.has_something();
        let connection = self.either(
            self.text.connection.clone().or_else(|| self.defaults.connection.clone()),
            (Code::NoConnection, "connection", "how it is reached"),
        );
        let os = self.either(
            self.text.os.clone().or_else(|| self.defaults.os.clone()),
            (Code::NoOs, "os", "which packages fit it"),
        );
        let (Some(names), Some(connection), Some(os)) = (names, connection, os) else {
            return Vec::new();
        };
        let addresses = match addresses {
            Some(Some(addresses)) => addresses,
            Some(None) => return Vec::new(),
            None => names.clone(),
        };
        if addresses.len() != names.len() {
            self.uneven(names.len(), addresses.len());
            return Vec::new();
        }
        let Some(names) = self.host_names(&names) else { return Vec::new() };
        if !self.addresses_are_good(&addresses) {
            return Vec::new();
        }
        let address_span = self.text.address.as_ref().map_or(&self.name.span, |a| &a.span);
        let host = |address| Host {
            span: self.name.span.clone(),
            address,
            address_span: address_span.clone(),
            os: os.value.clone(),
            os_span: os.span.clone(),
            connection: connection.value.clone(),
            connection_span: connection.span.clone(),
            components: components.clone(),
            removed: removed.clone(),
            labels: Arc::clone(&self.text.labels),
        };
        names.into_iter().zip(addresses.into_iter().map(host)).collect()
    }

    fn report(&mut self, problem: Diagnostic, span: &Span, label: &str) {
        self.found.push(problem.at(Label::new(self.source, span.clone(), label)));
    }

    fn expand(&mut self, text: &At<String>) -> Option<Vec<String>> {
        match expand(text) {
            Ok(names) => Some(names),
            Err(RangeError { code, message, help }) => {
                let message = format!("`{}` {message}", text.value);
                self.report(Diagnostic::new(code, message).help(help), &text.span, "this range");
                None
            }
        }
    }

    fn uneven(&mut self, names: usize, addresses: usize) {
        let Some(address) = &self.text.address else { return };
        let message = format!(
            "`{}` stands for {names} hosts, but its address for {addresses}",
            self.name.value
        );
        let diagnostic = Diagnostic::new(Code::RangeLength, message)
            .at(Label::new(self.source, address.span.clone(), format!("{addresses} here")))
            .at(Label::new(self.source, self.name.span.clone(), format!("{names} here")))
            .help("make both equally long; without `address`, hosts are reached by their names");
        self.found.push(diagnostic);
    }

    /// What is written or the default, or else what is missing.
    fn either<T>(
        &mut self,
        value: Option<At<T>>,
        (code, key, what): (Code, &str, &str),
    ) -> Option<At<T>> {
        if value.is_none() {
            let message = format!("host `{}` has no `{key}`: nothing says {what}", self.name.value);
            let help = format!(
                "write `{key} = \"…\"` in the host's table, or for all hosts in `[defaults]`"
            );
            self.report(Diagnostic::new(code, message).help(help), &self.name.span, "this host");
        }
        value
    }

    fn has_something(&mut self) {
        if self.text.components.is_empty() && self.text.removed.is_empty() {
            let message = format!("host `{}` has nothing on it", self.name.value);
            let help = "write what runs on it under `components`, or take the host out";
            let problem = Diagnostic::new(Code::MissingKey, message).help(help);
            self.report(problem, &self.name.span, "this host");
        }
    }

    fn once(&mut self, list: &[At<ComponentName>]) -> BTreeMap<ComponentName, Span> {
        let mut components: BTreeMap<ComponentName, Span> = BTreeMap::new();
        for component in list {
            if let Some(first) = components.insert(component.value.clone(), component.span.clone())
            {
                let message =
                    format!("host `{}` lists `{}` twice", self.name.value, component.value);
                let diagnostic = Diagnostic::new(Code::DuplicatePlacement, message)
                    .at(Label::new(self.source, component.span.clone(), "the second time"))
                    .at(Label::new(self.source, first, "the first time"))
                    .help("remove one of them: a host has a component at most once");
                self.found.push(diagnostic);
            }
        }
        components
    }

    /// The names, if all of them are; only the first bad one is reported.
    fn host_names(&mut self, names: &[String]) -> Option<Vec<HostName>> {
        let parsed = names.iter().map(|name| name.parse::<HostName>().map_err(|e| (name, e)));
        match parsed.collect() {
            Ok(names) => Some(names),
            Err((name, error)) => {
                let message = format!("`{name}` can't be the name of a host");
                let problem = Diagnostic::new(Code::BadName, message).help(error.to_string());
                self.report(problem, &self.name.span, "this name");
                None
            }
        }
    }

    fn addresses_are_good(&mut self, addresses: &[String]) -> bool {
        let Some(text) = &self.text.address else { return true };
        let wrong = addresses.iter().find_map(|a| Some((a, address_problem(a)?)));
        if let Some((address, problem)) = &wrong {
            let message = format!("`{address}` is not the address of a host");
            let problem = Diagnostic::new(Code::BadAddress, message).help(problem);
            self.report(problem, &text.span, "this address");
        }
        wrong.is_none()
    }
}

/// One problem for each earlier entry that has names of this one.
fn twice_problems(
    source: &Arc<SourceText>,
    name: &At<String>,
    twice: &[(HostName, Span)],
) -> Diagnostics {
    let mut by_place: BTreeMap<usize, (&Span, Vec<&HostName>)> = BTreeMap::new();
    for (host, span) in twice {
        by_place.entry(span.start).or_insert((span, Vec::new())).1.push(host);
    }
    by_place
        .into_values()
        .map(|(first, hosts)| {
            let message = format!("two entries describe {}", some_of(&hosts, "hosts"));
            Diagnostic::new(Code::DuplicateHost, message)
                .at(Label::new(source, name.span.clone(), "again here"))
                .at(Label::new(source, first.clone(), "first here"))
                .help("rename one or shorten a range; several components of one host go into one table")
        })
        .collect()
}

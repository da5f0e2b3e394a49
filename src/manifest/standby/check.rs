//! From the table as written to what it means: who stands by for whom, and whether all is there that the
//! moves need.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text::{CoreText, StandbyText};
use super::{BY_HAND, CORE, CoreLogin, DEACTIVATION, Standby, StandbyCore};
use crate::address::HostName;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::manifest::Host;
use crate::manifest::scan::is_in_clear;
use crate::source::{At, Span, did_you_mean};
use crate::standby::Role;
use crate::value::{Period, SecretReference};

/// What else is in a cluster, but not where a Core stands alone.
const CLUSTER: [&str; 3] = ["control-center", "worker", "api-gateway"];

struct Checker<'a> {
    source: &'a Arc<SourceText>,
    hosts: &'a BTreeMap<HostName, Host>,
    found: &'a mut Diagnostics,
}

pub(super) fn checked(
    source: &Arc<SourceText>,
    At { span, value: text }: At<StandbyText>,
    hosts: &BTreeMap<HostName, Host>,
    found: &mut Diagnostics,
) -> Option<At<Standby>> {
    let mut checker = Checker { source, hosts, found };
    if !text.allow_in_cluster {
        checker.stands_alone(&span);
    }
    let login = checker.login((text.user, text.password, text.api_key), &span);
    let deactivation = checker.deactivation(text.deactivation);
    checker.cores(&text.cores, text.activation_key.is_some());
    let cores = cores(text.cores, text.ca.as_ref());
    let value = Standby {
        login: login?,
        activation_key: text.activation_key,
        import_settings: text.import_settings.unwrap_or(true),
        settings_password: text.settings_password,
        upgrade: text.upgrade.unwrap_or_default(),
        deactivation,
        answer_within: text.answer_within.unwrap_or(Period::seconds(60)),
        settle_within: text.settle_within.unwrap_or(Period::seconds(120)),
        give_back_within: text.give_back_within.unwrap_or(Period::seconds(7200)),
        ready_within: text.ready_within.unwrap_or(Period::seconds(1800)),
        in_cluster: text.allow_in_cluster,
        cores,
    };
    Some(At { span, value })
}

fn cores(
    texts: BTreeMap<At<HostName>, CoreText>,
    ca: Option<&camino::Utf8PathBuf>,
) -> BTreeMap<HostName, StandbyCore> {
    let mut productions = texts.iter().filter(|(_, it)| it.role.value == Role::Production);
    let only = match (productions.next(), productions.next()) {
        (Some((name, _)), None) => Some(name.value.clone()),
        _ => None,
    };
    let core = |(name, text): (At<HostName>, CoreText)| {
        let belongs = text.of.map(|of| of.value).or_else(|| only.clone());
        let core = StandbyCore {
            url: text.url.value.trim_end_matches('/').to_owned(),
            role: text.role.value,
            of: belongs.filter(|of| text.role.value != Role::Production && *of != name.value),
            offline: text.offline,
            license_file: text.license_file,
            deployment: text.deployment,
            certificate: text.certificate_sha256,
            ca: text.ca.or_else(|| ca.cloned()),
            span: name.span,
        };
        (name.value, core)
    };
    texts.into_iter().map(core).collect()
}

impl Checker<'_> {
    fn report(&mut self, code: Code, message: String, (span, help): (&Span, &str)) {
        let label = Label::new(self.source, span.clone(), "this");
        self.found.push(Diagnostic::new(code, message).at(label).help(help));
    }

    fn bad(&mut self, message: impl Into<String>, span: &Span, help: &str) {
        self.report(Code::BadStandby, message.into(), (span, help));
    }

    /// Whether hot backup is allowed inside of a cluster is not documented.
    fn stands_alone(&mut self, span: &Span) {
        let part = CLUSTER
            .into_iter()
            .find(|part| self.hosts.values().any(|host| host.components.contains_key(*part)));
        let Some(part) = part else { return };
        let message =
            format!("the manifest has `{part}`, and hot backup is for standalone MD Core");
        let help = "the vendor doesn't say whether hot backup works inside of a cluster: write a manifest of \
                    its own for standalone instances, or `allow-in-cluster = true`";
        self.report(Code::StandbyInCluster, message, (span, help));
    }

    fn login(
        &mut self,
        login: (Option<String>, Option<SecretReference>, Option<SecretReference>),
        span: &Span,
    ) -> Option<CoreLogin> {
        match login {
            (Some(user), Some(password), None) => Some(CoreLogin::Password { user, password }),
            (None, None, Some(key)) => Some(CoreLogin::Key(key)),
            _ => {
                let help = "write `user` and `password`, or `api-key`";
                self.bad("it is not clear who logs in to the instances", span, help);
                None
            }
        }
    }

    fn deactivation(&mut self, written: Option<At<String>>) -> Option<String> {
        let Some(written) = written else { return Some(DEACTIVATION.to_owned()) };
        if written.value == BY_HAND {
            return None;
        }
        let whole = ["{key}", "{deployment}"].iter().all(|mark| written.value.contains(mark));
        let is_web = ["https://", "http://"].iter().any(|way| written.value.starts_with(way));
        if !whole || !is_web || is_in_clear(&written.value) {
            let help = "write an `https://` address with `{key}` and `{deployment}`, or `by-hand`";
            self.bad("`deactivation` can't be used", &written.span, help);
        }
        Some(written.value)
    }

    fn cores(&mut self, cores: &BTreeMap<At<HostName>, CoreText>, has_key: bool) {
        for (name, core) in cores {
            let has = self.hosts.get(&name.value).map(|it| it.components.contains_key(CORE));
            if has != Some(true) {
                let message = format!("no `{CORE}` is placed on `{}`", name.value);
                let known: Vec<&str> = self.hosts.keys().map(HostName::as_str).collect();
                let help = match has {
                    None => did_you_mean(name.as_str(), known, "the hosts are"),
                    _ => format!("write `{CORE}` under `components` of the host"),
                };
                self.bad(message, &name.span, &help);
            }
            if is_in_clear(&core.url) {
                let message = format!("keys go to {} over a connection in the clear", name.value);
                let help = "let the instance speak HTTPS and write `https://`";
                self.report(Code::KeyInClear, message, (&core.url.span, help));
            }
            self.belongs((name, core), cores);
            self.has_licence((name, core), cores, has_key);
        }
    }

    fn belongs(&mut self, (name, core): (&At<HostName>, &CoreText), cores: &Cores) {
        let production = |of: &HostName| {
            cores.iter().any(|(it, c)| it.value == *of && c.role.value == Role::Production)
        };
        match (&core.of, core.role.value) {
            (Some(of), Role::Production) => {
                let help = "take `of` out, or let it be a `backup`";
                self.bad("a production instance stands by for nobody", &of.span, help);
            }
            (Some(of), _) if !production(&of.value) => {
                let message = format!("`{}` is no production instance", of.value);
                self.bad(message, &of.span, "name one whose `role` is `production`");
            }
            (None, Role::Backup) => {
                let count = cores.values().filter(|it| it.role.value == Role::Production).count();
                if count != 1 {
                    let message = format!("whom `{}` stands by for is not clear", name.value);
                    let help = "write `of = \"HOST\"` with its production instance";
                    self.bad(message, &core.role.span, help);
                }
            }
            _ => {}
        }
    }

    fn has_licence(
        &mut self,
        (name, core): (&At<HostName>, &CoreText),
        cores: &Cores,
        has_key: bool,
    ) {
        if core.role.value == Role::Unlicensed {
            return;
        }
        if !core.offline && !has_key {
            let message = format!("`{}` needs an activation key", name.value);
            let help = "write `activation-key` under `[standby]` as a reference, such as `{ file = \
                        \"activation.key\" }`, or `offline = true` with a `license-file`";
            self.bad(message, &name.span, help);
        }
        let is_production = |(it, other): &(&At<HostName>, &CoreText)| {
            let named = core.of.as_ref().is_none_or(|of| of.value == it.value);
            other.role.value == Role::Production && named
        };
        let has_file = match core.role.value {
            Role::Production => core.license_file.is_some(),
            // Where nobody is named, there is one; all else is told elsewhere.
            _ => cores.iter().find(is_production).is_none_or(|(_, it)| it.license_file.is_some()),
        };
        if core.offline && !has_file {
            let message =
                format!("`{}` is offline, and there is no `license.yml` for it", name.value);
            let help = "write `license-file` for its production instance: what activates that also registers \
                        its backups";
            self.bad(message, &name.span, help);
        }
    }
}

type Cores = BTreeMap<At<HostName>, CoreText>;

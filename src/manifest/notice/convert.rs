//! From notices as written to what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lettre::message::Mailbox;

use super::text::{EmailText, NoticeText, SecretHeaderText, WebhookText};
use super::{Channel, Email, MailTls, Moment, Notice, SecretHeader, Webhook};
use crate::catalog::Stage;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::manifest::scan::is_in_clear;
use crate::source::{At, Span, address_problem};
use crate::value::Period;

/// Headers that vouch for whoever sends them.
const VOUCHES: [&str; 6] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey"];
/// Headers that belong to the request itself.
const OWN: [&str; 4] = ["content-length", "host", "transfer-encoding", "connection"];

/// What `texts` mean, with all that is wrong with them.
pub(in crate::manifest) fn convert(
    source: &Arc<SourceText>,
    texts: Vec<NoticeText>,
    found: &mut Diagnostics,
) -> Vec<At<Notice>> {
    let mut names = BTreeSet::new();
    let mut notices = Vec::new();
    for text in texts {
        if !names.insert(text.name.value.clone()) {
            let message = format!("two notices are called `{}`", text.name.value);
            found.push(
                Diagnostic::new(Code::DuplicateNotice, message)
                    .at(Label::new(source, text.name.span.clone(), "the second one"))
                    .help("give one of them another name: records call them by it"),
            );
        }
        let mut converter = Converter { source, found, secrets: Vec::new() };
        notices.extend(converter.notice(text));
        let secrets = converter.secrets;
        *found = std::mem::take(found).hiding(source, &secrets);
    }
    notices
}

struct Converter<'a> {
    source: &'a Arc<SourceText>,
    found: &'a mut Diagnostics,
    /// Secrets in plain text: no message may show them.
    secrets: Vec<Span>,
}

impl Converter<'_> {
    fn report(&mut self, (code, message): (Code, String), place: (&Span, &str), help: &str) {
        let label = Label::new(self.source, place.0.clone(), place.1);
        self.found.push(Diagnostic::new(code, message).at(label).help(help));
    }

    fn notice(&mut self, text: NoticeText) -> Option<At<Notice>> {
        let At { span, value: name } = text.name;
        let given = [text.webhook.is_some(), text.email.is_some(), text.command.is_some()];
        if given.iter().filter(|it| **it).count() != 1 {
            let message = format!(
                "the notice `{name}` needs exactly one of `webhook`, `email` and `command`"
            );
            let help =
                "keep the one by which these people are told; others get a notice of their own";
            self.report((Code::ChooseOne, message), (&span, "how is it sent?"), help);
            return None;
        }
        let on: BTreeSet<Moment> = text.on.into_iter().collect();
        let blocking = text.blocking.unwrap_or_default();
        if blocking.value && !on.iter().any(|moment| moment.can_block()) {
            let message = format!("the notice `{name}` can't hold anything up");
            let help = "a failure is told when it has happened: take `blocking` out, or add `before`, \
                        `start` or `end` to `on`";
            self.report((Code::BadNotice, message), (&blocking.span, "blocks nothing"), help);
        }
        let channel = match (text.webhook, text.email, text.command) {
            (Some(webhook), ..) => Channel::Webhook(Box::new(self.webhook(webhook))),
            (_, Some(email), _) => Channel::Email(Box::new(self.email(email))),
            (_, _, command) => Channel::Command(command?),
        };
        let both = || vec![Stage::Live, Stage::Critical];
        let value = Notice {
            name,
            on,
            stages: text.stages.unwrap_or_else(both).into_iter().collect(),
            channel,
            subject: text.subject.map(|it| At { span: it.span, value: it.value.0 }),
            text: text.text.map(|it| At { span: it.span, value: it.value.0 }),
            blocking: blocking.value,
            within: text.within.unwrap_or(Period::seconds(30)),
            retries: text.retries.unwrap_or(2),
        };
        Some(At { span, value })
    }

    fn webhook(&mut self, text: WebhookText) -> Webhook {
        let has_secret = text.secret_path.is_some() || text.secret_header.is_some();
        if has_secret && is_in_clear(&text.url) {
            let message = "a secret is sent over a connection in the clear".to_owned();
            let help = "let the server speak HTTPS and write `https://`";
            self.report((Code::KeyInClear, message), (&text.url.span, "not encrypted"), help);
        }
        let mut headers = BTreeMap::new();
        for (name, value) in text.headers {
            let name = At { span: name.span, value: name.value.to_ascii_lowercase() };
            self.header(&name, &value);
            headers.insert(name.value, value.value);
        }
        let secret_header = text.secret_header.map(|SecretHeaderText { name, value }| {
            let name = At { span: name.span, value: name.value.to_ascii_lowercase() };
            self.header_name(&name);
            SecretHeader { name: name.value, value }
        });
        Webhook {
            url: text.url.value,
            secret_path: text.secret_path,
            headers,
            secret_header,
            body: text.body.map(|it| At { span: it.span, value: it.value.0 }),
            ca: text.ca,
        }
    }

    /// A name is a token (RFC 9110, section 5.1), a value has visible characters and spaces.
    fn header(&mut self, name: &At<String>, value: &At<String>) {
        self.header_name(name);
        if VOUCHES.contains(&name.as_str()) {
            self.secrets.push(value.span.clone());
            let message = format!("the header `{}` holds a secret in plain text", name.value);
            let help = "write `secret-header = { name = \"…\", value = { env = \"NAME\" } }`; then change \
                        the secret, since this file has held it";
            self.report((Code::PlainSecret, message), (&value.span, "hidden here"), help);
        } else if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            let message = format!("the value of the header `{}` can't be sent", name.value);
            let help = "a header's value is one line of ASCII characters";
            self.report((Code::BadNotice, message), (&value.span, "this"), help);
        }
    }

    fn header_name(&mut self, name: &At<String>) {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let (message, help) = if name.is_empty() || !name.chars().all(token) {
            let help = "a name has letters, digits and `-` only";
            (format!("`{}` is not the name of a header", name.value.escape_debug()), help)
        } else if OWN.contains(&name.as_str()) {
            let help = "it follows from the address and the body: take it out";
            (format!("the header `{}` is mdc's own", name.value), help)
        } else {
            return;
        };
        self.report((Code::BadNotice, message), (&name.span, "this"), help);
    }

    fn email(&mut self, text: EmailText) -> Email {
        let (host, port) = self.server(&text.smtp, text.tls);
        for address in std::iter::once(&text.from).chain(&text.to) {
            if address.parse::<Mailbox>().is_err() {
                let message = format!("`{}` is not a mail address", address.value.escape_debug());
                let help = "write `name@example.org` or `Name <name@example.org>`";
                self.report((Code::BadNotice, message), (&address.span, "this"), help);
            }
        }
        if text.user.is_some() != text.password.is_some() {
            let place = text.user.as_ref().map_or(&text.smtp.span, |user| &user.span).clone();
            let message = "a login to a mail server needs `user` and `password`".to_owned();
            let help = "write both, with `password = { env = \"NAME\" }` or the like, or neither";
            self.report((Code::BadNotice, message), (&place, "one of them is missing"), help);
        }
        let here = is_this_machine(&host);
        if text.password.is_some() && text.tls == MailTls::None && !here {
            let message = "the password is sent over a connection in the clear".to_owned();
            let help = "write `tls = \"starttls\"` or `tls = \"tls\"`, whichever the server speaks";
            self.report((Code::KeyInClear, message), (&text.smtp.span, "not encrypted"), help);
        }
        Email {
            host,
            port,
            tls: text.tls,
            from: text.from.value,
            to: text.to.into_iter().map(|to| to.value).collect(),
            user: text.user.map(|user| user.value),
            password: text.password,
            ca: text.ca,
        }
    }

    /// Submission is at port 587, or 465 where it is encrypted from its first byte (RFC 8314, section
    /// 3.3); relaying at 25 (RFC 5321, section 4.5.4.2).
    fn server(&mut self, smtp: &At<String>, tls: MailTls) -> (String, u16) {
        let default = match tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        };
        let (host, port) = match smtp.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => smtp.split_once(':').map_or((smtp.as_str(), None), |(h, p)| (h, Some(p))),
        };
        let number = port.map_or(Some(default), |port| port.parse().ok().filter(|it| *it > 0));
        let problem = match number {
            None => Some("after the `:` stands a port between 1 and 65535".to_owned()),
            Some(_) => address_problem(host),
        };
        if let Some(problem) = problem {
            let message = format!("`{}` is not a mail server", smtp.value.escape_debug());
            self.report((Code::BadNotice, message), (&smtp.span, "this"), &problem);
        }
        (host.to_owned(), number.unwrap_or(default))
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

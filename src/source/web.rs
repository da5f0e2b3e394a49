//! The form of addresses of web servers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::endpoint::address_problem;
use super::flaw::Flaw;
use crate::diagnostic::Code;

/// The name of its form in schemas.
pub(super) const NAME: &str = "WebAddress";

/// Stands in a schema for a text `https://host[:port][/path]`.
pub struct WebAddress;

impl JsonSchema for WebAddress {
    fn schema_name() -> Cow<'static, str> {
        NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "A web server: `https://host:port`, or `http://…` where it is not encrypted.",
        })
    }
}

/// What is wrong with the address of a web server, if anything.
pub(super) fn flaw(address: &str) -> Option<Flaw> {
    if address.contains('@') {
        let help = "take user and password out, and name beside it the place that the key is read \
                    from when it is needed: `api-key = { env = \"NAME\" }`; then change it, since \
                    this file has held it";
        return Some(Flaw {
            code: Code::PlainSecret,
            is: "holds a user or a password in plain text",
            help: help.to_owned(),
            is_secret: true,
        });
    }
    web_problem(address).map(|help| Flaw {
        code: Code::BadWebAddress,
        is: "is not the address of a web server",
        help,
        is_secret: false,
    })
}

/// What is wrong with `text` as the address of a web server, if anything. Of RFC 3986 it may have a
/// scheme, a host, a port and a plain path; a user or a password never.
fn web_problem(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Some("it begins with `https://` or `http://`".to_owned());
    };
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if !path.chars().all(plain) {
        return Some("its path has letters, digits and `-._~/` only".to_owned());
    }
    let (host, port) = match place.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, port))) => (host, port.strip_prefix(':')),
        Some(None) => return Some("a `[` is closed by a `]`".to_owned()),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Some("after the `:` stands a port between 1 and 65535".to_owned());
    }
    address_problem(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_web_servers() {
        for good in [
            "https://gw",
            "http://127.0.0.1:8899",
            "https://[2001:db8::1]:8899/api",
            "https://gw/a/",
        ] {
            assert_eq!(web_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "gw:8899",
            "ftp://gw",
            "https://",
            "https://gw:0",
            "https://gw:x",
            "https://u:p@gw",
            "https://gw/a?b=c",
            "https://gw/#a",
            "https://g w",
            "https://[::1",
            "https://gw/\n",
        ] {
            assert!(web_problem(bad).is_some(), "{bad}");
        }
    }
}

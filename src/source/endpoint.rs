//! The form of addresses and of jump hosts.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Stands in a schema for a text `[user@]address[:port]`.
pub struct JumpHost;

impl JsonSchema for JumpHost {
    fn schema_name() -> Cow<'static, str> {
        "JumpHost".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "A host to go through: `[user@]address[:port]`.",
        })
    }
}

/// What is wrong with `text` as the address of a host, if anything: it must be an IP address
/// (RFC 4291 for IPv6, with a zone as in RFC 4007) or a DNS name (RFC 1123, section 2.1; `_` is
/// used in practice). Such a text can't be taken for an option or read by a shell.
#[must_use]
pub fn address_problem(text: &str) -> Option<String> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "zone"));
    if address.parse::<IpAddr>().is_ok() && is_label(zone) {
        return None;
    }
    if text.is_empty() {
        return Some("an address can't be empty".to_owned());
    }
    if text.len() > 253 {
        return Some("a DNS name has at most 253 characters".to_owned());
    }
    let bad = text.strip_suffix('.').unwrap_or(text).split('.').find(|label| !is_label(label))?;
    Some(format!(
        "`{bad}` can't be a part of it: a host's address is a DNS name or an IP address, \
         without user, port or brackets"
    ))
}

fn is_label(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.len() <= 63 && !text.starts_with('-') && text.chars().all(allowed)
}

/// What is wrong with `text` as `[user@]address[:port]`, if anything.
pub(super) fn jump_problem(text: &str) -> Option<String> {
    let (user, place) =
        text.split_once('@').map_or((None, text), |(user, place)| (Some(user), place));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '\\' | '$');
    if user.is_some_and(|user| user.is_empty() || user.starts_with('-') || !user.chars().all(plain))
    {
        return Some("before the `@` stands a user name".to_owned());
    }
    let (address, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        // More than one colon is an IPv6 address without a port.
        None if place.matches(':').count() > 1 => (place, None),
        None => {
            place.split_once(':').map_or((place, None), |(address, port)| (address, Some(port)))
        }
    };
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Some("after the `:` stands a port between 1 and 65535".to_owned());
    }
    address_problem(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["core-01", "10.0.0.1", "a_b.example.", "2001:db8::1", "fe80::1%eth0"] {
            assert_eq!(address_problem(good), None, "{good}");
        }
        for bad in ["", "-oProxyCommand=x", "a b", "a;b", "ops@a", "a:22", "a..b", "fe80::1%", "é"]
        {
            assert!(address_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn jump_hosts() {
        for good in ["b", "ops@b", "ops@b:22", "[2001:db8::1]:22", "2001:db8::1", "CORP\\ops@b"] {
            assert_eq!(jump_problem(good), None, "{good}");
        }
        for bad in ["", "@b", "-x@b", "ops@", "ops@b:", "b:0", "b:99999", "a b@c"] {
            assert!(jump_problem(bad).is_some(), "{bad}");
        }
    }
}

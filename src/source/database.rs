//! The address of a database, which must not hold its password.

use std::borrow::Cow;

use postgres::Config;
use postgres::config::Host;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::flaw::Flaw;
use crate::diagnostic::Code;

/// The name of its form in schemas.
pub(super) const NAME: &str = "DatabaseAddress";

/// Stands in a schema for a text `postgresql://user@host:port/database`.
pub struct DatabaseAddress;

impl JsonSchema for DatabaseAddress {
    fn schema_name() -> Cow<'static, str> {
        NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "A database: `postgresql://user@host:port/database`, without a password.",
        })
    }
}

/// Whether the database at `address` is on this machine.
#[must_use]
pub fn is_on_this_machine(address: &str) -> bool {
    let config: Result<Config, _> = address.parse();
    config.is_ok_and(|config| config.get_hosts().iter().all(is_local))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

/// What is wrong with the address of a database, if anything.
pub(super) fn flaw(address: &str) -> Option<Flaw> {
    const FORM: &str = "write it as `postgresql://user@host:port/database`";
    let flaw = |is, help: &str, is_secret| {
        Some(Flaw { code: Code::BadDatabase, is, help: help.to_owned(), is_secret })
    };
    let config: Config = match address.parse() {
        Ok(config) => config,
        // What can't be read may hold a password too.
        Err(_) => return flaw("is not the address of a database", FORM, true),
    };
    if config.get_password().is_some() {
        let help = "take it out, and name beside it the place that it is read from when it is \
                    needed: `password = { env = \"NAME\" }`; then change it, since this file has \
                    held it";
        let flaw = flaw("holds a password in plain text", help, true);
        return flaw.map(|flaw| Flaw { code: Code::PlainSecret, ..flaw });
    }
    if address.contains("sslmode") {
        let help = "write `tls = \"verify-full\"` or `tls = \"off\"` beside it";
        return flaw("can't set `sslmode`", help, false);
    }
    if config.get_hosts().is_empty() { flaw("names no host", FORM, false) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_on_this_machine_are_told_from_others() {
        for (address, here) in [
            ("postgresql://mdc@db/mdc", false),
            ("postgresql://mdc@localhost/mdc", true),
            ("postgresql://mdc@127.0.0.2:5433/mdc", true),
            ("postgresql://mdc@[::1]/mdc", true),
            ("postgresql:///mdc?host=/run/postgresql", true),
            ("postgresql://mdc@localhost,db/mdc", false),
            ("host=db user=mdc", false),
        ] {
            assert_eq!(flaw(address), None, "{address}");
            assert_eq!(is_on_this_machine(address), here, "{address}");
        }
    }

    #[test]
    fn addresses_that_cant_be_used_or_hold_a_password_are_refused() {
        for (address, expected) in [
            ("postgresql://mdc:secret@db/mdc", Code::PlainSecret),
            ("postgresql://db/mdc?password=secret", Code::PlainSecret),
            ("postgresql://db/mdc?sslmode=require", Code::BadDatabase),
            ("postgresql:///mdc", Code::BadDatabase),
            ("mysql://db/mdc", Code::BadDatabase),
            ("postgresql://db:port/mdc", Code::BadDatabase),
        ] {
            assert_eq!(flaw(address).map(|flaw| flaw.code), Some(expected), "{address}");
        }
    }
}

//! Health probes: templates over a component's own ports.

use std::collections::BTreeMap;

use serde_json::json;

use crate::source::template::{Fault, checked};

/// The text that `template` makes with these ports.
///
/// # Errors
/// What is wrong with the template, in words: it can't be read, or uses another variable than
/// `ports.NAME` with a declared name.
pub fn fill(template: &str, ports: &BTreeMap<String, u16>) -> Result<String, String> {
    let names: Vec<String> = ports.keys().map(|name| format!("ports.{name}")).collect();
    checked(template, &names, &json!({ "ports": ports })).map_err(|fault| match fault {
        Fault::Unreadable(why) => why,
        Fault::Unknown(name) => match name.strip_prefix("ports.") {
            Some(port) => format!("it uses the port `{port}`, which is not declared"),
            None => format!("it uses `{name}`, which is no port: `{{{{ports.NAME}}}}` is one"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_use_declared_ports_and_nothing_else() {
        let ports = BTreeMap::from([("main".to_owned(), 80), ("amqp-tls".to_owned(), 81)]);
        let fill = |template| fill(template, &ports);
        assert_eq!(fill("http://h:{{ports.main}}/a&b"), Ok("http://h:80/a&b".to_owned()));
        assert_eq!(fill("{{{ports.amqp-tls}}} {{ports.main}}"), Ok("81 80".to_owned()));
        assert_eq!(fill("true"), Ok("true".to_owned()));
        assert_eq!(fill("{{! why }}{{#if ports.main}}true{{/if}}"), Ok("true".to_owned()));
        for bad in [
            "{{ports.man}}",
            "{{ports}}",
            "{{port}}",
            "{{#if typo}}x{{/if}}",
            "{{ports.main",
            "{{lookup ports \"main\"}}",
            "{{> partial}}",
            "{{ports.main.x}}",
            "{{../ports.main}}",
            &format!("{{{{ {}a{} }}}}", "(a ".repeat(2_000), ")".repeat(2_000)),
        ] {
            assert!(fill(bad).is_err(), "{bad}");
        }
    }
}

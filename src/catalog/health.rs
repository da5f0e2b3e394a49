//! Health probes: templates over a component's own ports.

use std::collections::BTreeMap;

use handlebars::template::{HelperTemplate, Template, TemplateElement};
use handlebars::{Handlebars, no_escape};
use serde_json::json;

/// The text that `template` makes with these ports.
///
/// # Errors
/// What is wrong with the template, in words: it can't be read, or uses anything but
/// `{{ports.NAME}}` with a declared name. That is stricter than handlebars' strict mode, which lets
/// `{{#if misspelt}}` pass.
pub fn fill(template: &str, ports: &BTreeMap<String, u16>) -> Result<String, String> {
    let parsed = Template::compile(template).map_err(|_| {
        "its braces are not closed, or hold something that is no expression".to_owned()
    })?;
    parsed.elements.iter().try_for_each(|element| allowed(element, ports))?;
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    registry.register_template("health", parsed);
    registry
        .render("health", &json!({ "ports": ports }))
        .map_err(|error| error.reason().to_string())
}

fn allowed(element: &TemplateElement, ports: &BTreeMap<String, u16>) -> Result<(), String> {
    match element {
        TemplateElement::RawString(_) => Ok(()),
        TemplateElement::Expression(expression) | TemplateElement::HtmlExpression(expression) => {
            let name = plain_name(expression).and_then(|name| name.strip_prefix("ports."));
            match name {
                Some(port) if ports.contains_key(port) => Ok(()),
                Some(port) => Err(format!("it uses the port `{port}`, which is not declared")),
                None => Err("it uses something else than `{{ports.NAME}}`".to_owned()),
            }
        }
        _ => Err("it uses something else than `{{ports.NAME}}`".to_owned()),
    }
}

fn plain_name(expression: &HelperTemplate) -> Option<&str> {
    (expression.params.is_empty() && expression.hash.is_empty())
        .then(|| expression.name.as_name())?
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
        ] {
            assert!(fill(bad).is_err(), "{bad}");
        }
    }
}

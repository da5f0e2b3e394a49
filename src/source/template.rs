//! Templates of texts: handlebars with declared variables, `if`, `unless`, `each` and `json`.

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason, no_escape,
};
use serde_json::Value;

/// The blocks that a template may use, each over one variable.
const BLOCKS: [&str; 3] = ["if", "unless", "each"];
/// What is known inside of `each`.
const IN_EACH: [&str; 5] = ["this", "@index", "@first", "@last", "."];

/// The text that `template` makes with `variables`; nothing is escaped but by `json`.
///
/// # Errors
/// What is wrong with the template, in words.
pub fn render(template: &str, variables: &Value) -> Result<String, String> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    registry.register_helper("json", Box::new(json));
    registry.render_template(template, variables).map_err(|error| error.reason().to_string())
}

/// A value as JSON; a text with its quotes.
fn json(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let value = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("json", 0))?;
    Ok(out.write(&value.value().to_string())?)
}

/// Whether `template` can be read and uses nothing but `names`. That is stricter than handlebars'
/// strict mode, which lets `{{#if misspelt}}` pass.
///
/// # Errors
/// What is wrong, and the name that is not known when it is that.
pub fn check(template: &str, names: &[String]) -> Result<(), Fault> {
    let parsed = Template::compile(template).map_err(|error| {
        let place = error.pos().map(|(line, _)| format!(" (line {line})")).unwrap_or_default();
        Fault::Unreadable(format!(
            "its braces are not closed, or hold something that is no expression{place}"
        ))
    })?;
    Scope { names, depth: 0 }.all(&parsed)
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It can't be read, or uses what isn't there, in words.
    Unreadable(String),
    /// It uses a variable that isn't there.
    Unknown(String),
}

/// Where in a template, and what can be used there.
struct Scope<'a> {
    names: &'a [String],
    /// How many `each` it stands in.
    depth: usize,
}

impl Scope<'_> {
    fn all(&self, template: &Template) -> Result<(), Fault> {
        template.elements.iter().try_for_each(|element| self.element(element))
    }

    fn element(&self, element: &TemplateElement) -> Result<(), Fault> {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(expression)
            | TemplateElement::HtmlExpression(expression) => self.expression(expression),
            TemplateElement::HelperBlock(block) => self.block(block),
            _ => Err(other("a partial or a decorator")),
        }
    }

    fn expression(&self, expression: &HelperTemplate) -> Result<(), Fault> {
        let name = expression.name.as_name().unwrap_or_default();
        match (name, expression.params.as_slice(), expression.hash.is_empty()) {
            ("json", [value], true) => self.variable(value),
            (_, [], true) => self.variable(&expression.name),
            _ => Err(other(&format!("`{name}` with parameters"))),
        }
    }

    fn block(&self, block: &HelperTemplate) -> Result<(), Fault> {
        let name = block.name.as_name().unwrap_or_default();
        let plain = block.hash.is_empty() && block.block_param.is_none();
        match block.params.as_slice() {
            [value] if plain && BLOCKS.contains(&name) => self.variable(value)?,
            _ => return Err(other(&format!("the block `{name}` in this form"))),
        }
        let depth = self.depth + usize::from(name == "each");
        let inside = Self { depth, ..*self };
        block.template.iter().try_for_each(|inner| inside.all(inner))?;
        block.inverse.iter().try_for_each(|inner| self.all(inner))
    }

    fn variable(&self, parameter: &Parameter) -> Result<(), Fault> {
        let Some(name) = parameter.as_name() else { return Err(other("something else")) };
        let outer = "../".repeat(self.depth);
        let known = match name.strip_prefix(outer.as_str()) {
            Some(bare) if self.names.iter().any(|known| known == bare) => true,
            _ => self.depth > 0 && IN_EACH.contains(&name),
        };
        if known { Ok(()) } else { Err(Fault::Unknown(name.to_owned())) }
    }
}

fn other(what: &str) -> Fault {
    Fault::Unreadable(format!(
        "it uses {what}; there are variables, `{{{{json NAME}}}}`, and the blocks {}, each with one \
         variable",
        BLOCKS.map(|block| format!("`{block}`")).join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_use_declared_variables_and_nothing_else() {
        let names = ["site".to_owned(), "impact".to_owned(), "failed-step".to_owned()];
        for good in [
            "a & b",
            "{{site}} {{{site}}} {{failed-step}}",
            "{{#if site}}{{site}}{{else}}{{failed-step}}{{/if}}",
            "{{#each impact}}{{this}}{{@index}}{{../site}}{{/each}}",
            "{{#each impact}}{{#unless @last}}, {{/unless}}{{else}}{{site}}{{/each}}",
            "{\"text\": {{json site}}, \"lines\": {{json impact}}}",
            "{{! a comment }}\\{{site}}",
        ] {
            assert_eq!(check(good, &names), Ok(()), "{good}");
        }
        let unknown = |name: &str| Err(Fault::Unknown(name.to_owned()));
        for (bad, name) in [
            ("{{sit}}", "sit"),
            ("{{#if sit}}x{{/if}}", "sit"),
            ("{{#each impact}}{{site}}{{/each}}", "site"),
            ("{{this}}", "this"),
            ("{{site.x}}", "site.x"),
            ("{{../site}}", "../site"),
            ("{{json sit}}", "sit"),
            ("{{#if site}}{{#if site}}{{sit}}{{/if}}{{/if}}", "sit"),
        ] {
            assert_eq!(check(bad, &names), unknown(name), "{bad}");
        }
        for bad in [
            "{{site",
            "{{#if site}}",
            "{{lookup impact 0}}",
            "{{> partial}}",
            "{{#with site}}{{/with}}",
            "{{#each impact as |line|}}{{/each}}",
            "{{#if (eq site \"a\")}}{{/if}}",
            "{{json site site}}",
            "{{#if site impact}}x{{/if}}",
            "{{log site}}",
        ] {
            assert!(matches!(check(bad, &names), Err(Fault::Unreadable(_))), "{bad}");
        }
    }

    #[test]
    fn texts_are_for_people_and_json_is_json() {
        let values = json!({ "site": "a<b>&\"c\"\n", "impact": ["x", "y\\"], "failed-step": "" });
        let render = |template| render(template, &values).unwrap();
        assert_eq!(render("{{site}}"), "a<b>&\"c\"\n");
        assert_eq!(render("{{json site}}"), r#""a<b>&\"c\"\n""#);
        assert_eq!(render("{{json impact}}"), r#"["x","y\\"]"#);
        assert_eq!(render("{{#if failed-step}}x{{else}}y{{/if}}"), "y");
        assert_eq!(render("{{#each impact}}{{this}}{{../failed-step}};{{/each}}"), "x;y\\;");
    }
}

//! Templates of texts: handlebars with declared variables, `if`, `unless`, `each` and `json`.

mod shallow;

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason, no_escape,
};
use serde_json::Value;

/// The blocks that a template may use, each over one variable.
const BLOCKS: [&str; 3] = ["if", "unless", "each"];
/// As deep as lists may stand in lists: what is repeated for each of many is that often repeated.
const DEEPEST_EACH: usize = 3;
/// What is known inside of `each`.
const IN_EACH: [&str; 5] = ["this", "@index", "@first", "@last", "."];

/// A template that was read, to be checked and filled as often as wanted: reading it takes longer.
pub struct Parsed(Handlebars<'static>);

/// Under which the only template of a [`Parsed`] is known.
const ONLY: &str = "text";

impl Parsed {
    /// Reads `template`.
    ///
    /// # Errors
    /// What is wrong with it, and the line where that is known.
    pub fn of(template: &str) -> Result<Self, (Option<usize>, Fault)> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(no_escape);
        registry.register_helper("json", Box::new(json));
        registry.register_template(ONLY, shallow::parse(template)?);
        Ok(Self(registry))
    }

    /// Whether it uses nothing but `names`; see [`check`].
    ///
    /// # Errors
    /// What is wrong, and the line.
    pub fn uses_only(&self, names: &[String]) -> Result<(), (Option<usize>, Fault)> {
        let scope = Scope { names, within: Vec::new() };
        self.0.get_template(ONLY).map_or(Ok(()), |parsed| scope.all(parsed))
    }

    /// The text that it makes with `variables`; nothing is escaped but by `json`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn fill(&self, variables: &Value) -> Result<String, String> {
        self.0.render(ONLY, variables).map_err(|error| error.reason().to_string())
    }

    /// The same, when it has `most` bytes at most; none when it would have more. Lists in lists can make a
    /// short template a text without end.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn fill_within(&self, variables: &Value, most: usize) -> Result<Option<String>, String> {
        let mut text = Bounded { bytes: Vec::new(), most, is_full: false };
        match self.0.render_to_write(ONLY, variables, &mut text) {
            _ if text.is_full => Ok(None),
            Ok(()) => String::from_utf8(text.bytes).map(Some).map_err(|error| error.to_string()),
            Err(error) => Err(error.reason().to_string()),
        }
    }
}

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text that `template` makes with `variables`.
///
/// # Errors
/// What is wrong with the template, in words.
pub fn render(template: &str, variables: &Value) -> Result<String, String> {
    Parsed::of(template).map_err(|(_, fault)| fault.to_string())?.fill(variables)
}

/// As [`check`] and [`render`].
///
/// # Errors
/// As for [`check`]; what [`render`] says is told as [`Fault::Unreadable`].
pub fn checked(template: &str, names: &[String], variables: &Value) -> Result<String, Fault> {
    // Most command lines have no variable, and reading takes longer than all else about them.
    if !template.contains("{{") {
        return Ok(template.to_owned());
    }
    let parsed = Parsed::of(template).map_err(|(_, fault)| fault)?;
    parsed.uses_only(names).map_err(|(_, fault)| fault)?;
    parsed.fill(variables).map_err(Fault::Unreadable)
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
/// strict mode, which lets `{{#if misspelt}}` pass. `list.name` is known as `name` inside of
/// `{{#each list}}`.
///
/// # Errors
/// What is wrong, and the name that is not known when it is that.
pub fn check(template: &str, names: &[String]) -> Result<(), Fault> {
    check_lines(template, names).map_err(|(_, fault)| fault)
}

/// As [`check`], with the line of the fault, where that is known.
///
/// # Errors
/// As for [`check`].
pub fn check_lines(template: &str, names: &[String]) -> Result<(), (Option<usize>, Fault)> {
    Parsed::of(template)?.uses_only(names)
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It can't be read, or uses what isn't there, in words.
    Unreadable(String),
    /// It uses a variable that isn't there.
    Unknown(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => f.write_str(why),
            Self::Unknown(name) => write!(f, "it uses `{name}`, which isn't known there"),
        }
    }
}

/// Where in a template, and what can be used there.
struct Scope<'a> {
    names: &'a [String],
    /// The lists whose `each` it stands in, by their whole names.
    within: Vec<String>,
}

impl Scope<'_> {
    fn all(&self, template: &Template) -> Result<(), (Option<usize>, Fault)> {
        let mut places = template.mapping.iter().map(|place| place.0);
        template.elements.iter().try_for_each(|element| {
            let line = places.next();
            match element {
                TemplateElement::HelperBlock(block) => {
                    let inside = self.block(block).map_err(|fault| (line, fault))?;
                    block.template.iter().try_for_each(|inner| inside.all(inner))?;
                    block.inverse.iter().try_for_each(|inner| self.all(inner))
                }
                other => self.element(other).map_err(|fault| (line, fault)),
            }
        })
    }

    fn element(&self, element: &TemplateElement) -> Result<(), Fault> {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(expression)
            | TemplateElement::HtmlExpression(expression) => self.expression(expression),
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

    /// What is known inside of the block.
    fn block(&self, block: &HelperTemplate) -> Result<Self, Fault> {
        let name = block.name.as_name().unwrap_or_default();
        let plain = block.hash.is_empty() && block.block_param.is_none();
        let [value] = block.params.as_slice() else {
            return Err(other(&format!("the block `{name}` in this form")));
        };
        if !plain || !BLOCKS.contains(&name) {
            return Err(other(&format!("the block `{name}` in this form")));
        }
        self.variable(value)?;
        let mut within = self.within.clone();
        if name == "each" {
            within.push(self.whole(value.as_name().unwrap_or_default()).unwrap_or_default());
        }
        if within.len() > DEEPEST_EACH {
            return Err(other(&format!("`each` more than {DEEPEST_EACH} deep in each other")));
        }
        Ok(Self { within, ..*self })
    }

    fn variable(&self, parameter: &Parameter) -> Result<(), Fault> {
        let Some(name) = parameter.as_name() else { return Err(other("something else")) };
        let in_each = !self.within.is_empty() && IN_EACH.contains(&name);
        let known = |whole: String| self.names.contains(&whole);
        if in_each || self.whole(name).is_some_and(known) {
            Ok(())
        } else {
            Err(Fault::Unknown(name.to_owned()))
        }
    }

    /// The whole name of what is called `name` here; none when it goes further out than there is.
    fn whole(&self, name: &str) -> Option<String> {
        let bare = name.trim_start_matches("../");
        let outwards = (name.len() - bare.len()) / "../".len();
        let left = self.within.len().checked_sub(outwards)?;
        Some(match left.checked_sub(1).and_then(|last| self.within.get(last)) {
            Some(list) => format!("{list}.{bare}"),
            None => bare.to_owned(),
        })
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
            ("{{#each impact}}{{#each this}}{{x}}{{/each}}{{/each}}", "x"),
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
            "{{#each impact}}{{#each ../impact}}{{#each ../../impact}}{{#each ../../../impact}}\
             {{/each}}{{/each}}{{/each}}{{/each}}",
        ] {
            assert!(matches!(check(bad, &names), Err(Fault::Unreadable(_))), "{bad}");
        }
    }

    #[test]
    fn lists_hold_names_of_their_own_and_faults_have_a_line() {
        let names =
            ["site", "steps", "steps.id", "steps.lines", "steps.lines.text"].map(str::to_owned);
        let good = "{{#each steps}}{{id}}{{../site}}{{#each lines}}{{text}}{{../id}}{{../../site}}\
                    {{/each}}{{#if id}}{{id}}{{/if}}{{/each}}";
        assert_eq!(check_lines(good, &names), Ok(()));
        for (bad, line, name) in [
            ("{{id}}", 1, "id"),
            ("a\n{{#each steps}}\n{{site}}\n{{/each}}", 3, "site"),
            ("a\n{{#each steps}}\n{{#each lines}}\n\nx {{id}}\n{{/each}}\n{{/each}}", 5, "id"),
            ("\n\n{{#if stes}}{{/if}}", 3, "stes"),
            ("{{#each steps}}{{../../site}}{{/each}}", 1, "../../site"),
        ] {
            let unknown = Fault::Unknown(name.to_owned());
            assert_eq!(check_lines(bad, &names), Err((Some(line), unknown)), "{bad}");
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
        let parsed = Parsed::of("{{#each impact}}{{this}}{{/each}}").unwrap();
        assert_eq!(parsed.fill_within(&values, 3), Ok(Some("xy\\".to_owned())));
        assert_eq!(parsed.fill_within(&values, 2), Ok(None));
        let deep = format!("{}{}", "{{#if site}}".repeat(900), "{{/if}}".repeat(900));
        for without_end in [&deep, "{{> text}}", "{{#*inline site}}{{> a}}{{/inline}}{{> a}}"] {
            let refused = super::render(without_end, &json!({ "site": "a" })).is_err();
            assert!(refused, "it would overflow this thread's stack");
        }
    }
}

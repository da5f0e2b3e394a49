//! handlebars reads, fills and drops what nests by recursion, and threads' stacks are small: a
//! template that could nest without end is refused before that.

use handlebars::template::{Template, TemplateElement};

use super::{Fault, other};

/// As deep as blocks may stand in each other, and as many `{{else if}}` as there may be in all (each
/// is one level more to handlebars). More than anybody writes; far less than the 500 levels that
/// overflow the 2 MiB stack of a thread of a debug build.
const DEEPEST: usize = 64;

/// What begins something that nests, or a text that could hide it. No template here uses any of it.
const NESTS: [char; 5] = ['(', '[', '{', '"', '\''];

/// The template as handlebars reads it.
///
/// # Errors
/// The line, where that is known, and what is wrong: it can't be read, or could nest without end.
pub(super) fn parse(template: &str) -> Result<Template, (Option<usize>, Fault)> {
    let mut chained = 0;
    for expression in Expressions::of(template) {
        chained += usize::from(expression.is_chained());
        let what = if expression.body.contains(NESTS) {
            "a text, a list or an expression within an expression".to_owned()
        } else if chained > DEEPEST {
            format!("`{{{{else if}}}}` more than {DEEPEST} times")
        } else {
            continue;
        };
        return Err((Some(expression.line(template)), other(&what)));
    }
    let parsed = Template::compile(template).map_err(|error| {
        let line = error.pos().map(|(line, _)| line);
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        let why =
            format!("its braces are not closed, or hold something that is no expression{place}");
        (line, Fault::Unreadable(why))
    })?;
    if is_deeper(&parsed, DEEPEST) {
        return Err((None, other(&format!("blocks more than {DEEPEST} deep in each other"))));
    }
    Ok(parsed)
}

/// Whether blocks stand in each other more than `left` deep.
fn is_deeper(template: &Template, left: usize) -> bool {
    template.elements.iter().any(|element| {
        let inner: Vec<&Template> = match element {
            TemplateElement::HelperBlock(block) => {
                block.template.iter().chain(&block.inverse).collect()
            }
            TemplateElement::PartialBlock(block) | TemplateElement::DecoratorBlock(block) => {
                block.template.iter().collect()
            }
            _ => Vec::new(),
        };
        let deeper = |left| inner.iter().any(|inner| is_deeper(inner, left));
        !inner.is_empty() && left.checked_sub(1).is_none_or(deeper)
    })
}

/// What stands between `{{` and `}}`.
struct Expression<'a> {
    body: &'a str,
    /// How many bytes of the template stand before it.
    before: usize,
}

impl Expression<'_> {
    /// Its line in `template`, beginning with 1.
    fn line(&self, template: &str) -> usize {
        1 + template.bytes().take(self.before).filter(|byte| *byte == b'\n').count()
    }

    /// `{{else if x}}` and `{{^if x}}`; handlebars takes `{{elsewhere}}` for one too.
    fn is_chained(&self) -> bool {
        let body = self.body.trim_matches(|c: char| c == '~' || c.is_ascii_whitespace());
        let rest = body.strip_prefix("else").or_else(|| body.strip_prefix('^'));
        rest.is_some_and(|rest| !rest.is_empty())
    }
}

/// The expressions of a template, without comments and without what is escaped by `\{{`.
struct Expressions<'a> {
    template: &'a str,
    rest: &'a str,
}

impl<'a> Expressions<'a> {
    fn of(template: &'a str) -> Self {
        Self { template, rest: template }
    }
}

impl<'a> Iterator for Expressions<'a> {
    type Item = Expression<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (text, after) = self.rest.split_once("{{")?;
            self.rest = after;
            let slashes = text.len() - text.trim_end_matches('\\').len();
            if slashes == 1 {
                self.rest = after.strip_prefix("{{").unwrap_or(after);
                continue;
            }
            let end = if after.starts_with("!--") { "--}}" } else { "}}" };
            let (body, behind) = after.split_once(end).unwrap_or((after, ""));
            let before = self.template.len() - after.len();
            self.rest = behind;
            if !body.starts_with('!') {
                let body = body.strip_prefix('~').unwrap_or(body);
                return Some(Expression { body: body.strip_prefix('{').unwrap_or(body), before });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(template: &str) -> (Option<usize>, String) {
        let (line, fault) = parse(template).map(drop).unwrap_err();
        (line, format!("{fault:?}"))
    }

    #[test]
    fn what_nests_without_end_is_refused_on_a_small_stack() {
        let within = "within an expression";
        for deep in [300, 2_000, 20_000] {
            for (open, middle, close, what) in [
                ("{{ ", "(a ", ") }}", within),
                ("{{a ", "[", "] }}", within),
                ("{{a ", "{\"a\":", "} }}", within),
                ("{{a ", "\"}}\" (a ", ") }}", within),
                ("{{#if a}}", "{{else if a}}", "{{/if}}", "`{{else if}}` more than 64 times"),
                ("{{#if a}}", "{{~ else  if a}}", "{{/if}}", "`{{else if}}` more than 64 times"),
                ("{{#if a}}", "{{ ^if a ~}}", "{{/if}}", "`{{else if}}` more than 64 times"),
            ] {
                let text = format!("\n{open}{}{}", middle.repeat(deep), close.repeat(deep));
                let (line, why) = wrong(&text);
                assert!(why.contains(what), "{deep} of {middle}: {why}");
                assert_eq!(line, Some(2), "{deep} of {middle}");
            }
        }
        let blocks =
            |open: &str, deep, close: &str| format!("{}{}", open.repeat(deep), close.repeat(deep));
        for (open, close) in
            [("{{#if a}}", "{{/if}}"), ("{{#> a}}", "{{/a}}"), ("{{#*inline}}", "{{/inline}}")]
        {
            assert_eq!(parse(&blocks(open, DEEPEST, close)).map(drop), Ok(()), "{open}");
            for deep in [DEEPEST + 1, 300, 900] {
                let (_, why) = wrong(&blocks(open, deep, close));
                assert!(why.contains("more than 64 deep"), "{deep} of {open}: {why}");
            }
            assert!(parse(&blocks(open, 20_000, close)).is_err(), "{open}");
        }
    }

    #[test]
    fn texts_comments_and_what_is_escaped_may_hold_anything() {
        let many = "{\"a\": [({'b' | c > d".repeat(100);
        for good in [
            format!("{many} {{{{a}}}} {many}"),
            format!("{{{{! {many} }}}}{{{{!-- }}}} {{{{else x}}}} {many} --}}}}").repeat(65),
            format!("\\{{{{index . \"a\"}}}} {{{{a}}}} {many}"),
            "{{{a}}}{{~{a}~}}{{&a}}{{~a~}}".to_owned(),
            "{{#if a}}x{{else if b}}y{{else}}z{{/if}}".repeat(64),
            "{{#if a}}x{{else}}z{{/if}}{{#if a}}x{{^}}y{{/if}}".repeat(500),
        ] {
            assert_eq!(parse(&good).map(drop), Ok(()), "{good}");
        }
        assert_eq!(wrong("\\\\{{a (b)}}").0, Some(1));
        assert_eq!(wrong("a\n{{b").0, Some(2));
    }
}

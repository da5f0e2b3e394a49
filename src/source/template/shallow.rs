//! handlebars reads, fills and drops what nests by recursion, and threads' stacks are small: a
//! template that could nest without end is refused before that.

use handlebars::template::Template;

use super::{Fault, other};

/// As deep as blocks may stand in each other; each `{{else if}}` of a block is one level more to
/// handlebars. More than anybody writes; far less than the 500 levels that overflow the 2 MiB stack
/// of a thread of a debug build.
const DEEPEST: usize = 64;

/// What begins something that nests, or a text that could hide it. No template here uses any of it.
const NESTS: [char; 5] = ['(', '[', '{', '"', '\''];

/// The template as handlebars reads it.
///
/// # Errors
/// The line, where that is known, and what is wrong: it can't be read, or could nest without end.
pub(super) fn parse(template: &str) -> Result<Template, (Option<usize>, Fault)> {
    let mut depth = Depth::default();
    for expression in Expressions::of(template) {
        let fault = match expression.kind() {
            _ if expression.body.contains(NESTS) => {
                other("a text, a list or an expression within an expression")
            }
            Kind::Foreign => other("a partial or a decorator"),
            kind if depth.after(kind) > DEEPEST => other(&format!(
                "blocks, or `{{{{else if}}}}`, more than {DEEPEST} deep in each other"
            )),
            _ => continue,
        };
        return Err((Some(expression.line(template)), fault));
    }
    Template::compile(template).map_err(|error| {
        let line = error.pos().map(|(line, _)| line);
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        let why =
            format!("its braces are not closed, or hold something that is no expression{place}");
        (line, Fault::Unreadable(why))
    })
}

/// What an expression does to the depth.
#[derive(Clone, Copy)]
enum Kind {
    Opens,
    /// `{{else if x}}` and `{{^if x}}`; handlebars takes `{{elsewhere}}` in a block for one too.
    Chains,
    Closes,
    Plain,
    /// A partial or a decorator: no template here has any.
    Foreign,
}

/// How deep blocks stand in each other.
#[derive(Default)]
struct Depth {
    now: usize,
    /// What it was before each block that is open.
    before: Vec<usize>,
}

impl Depth {
    /// The depth behind such an expression.
    fn after(&mut self, kind: Kind) -> usize {
        match kind {
            Kind::Opens => {
                self.before.push(self.now);
                self.now += 1;
            }
            Kind::Chains if !self.before.is_empty() => self.now += 1,
            Kind::Closes => self.now = self.before.pop().unwrap_or_default(),
            Kind::Chains | Kind::Plain | Kind::Foreign => {}
        }
        self.now
    }
}

/// What stands between `{{` and `}}`, without what is the same for all.
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

    fn kind(&self) -> Kind {
        let body = self.body.trim_end_matches(is_margin);
        match body.strip_prefix('#') {
            Some(block) if block.trim_start().starts_with(['>', '*']) => Kind::Foreign,
            Some(_) => Kind::Opens,
            None if body.starts_with('/') => Kind::Closes,
            None if body.starts_with(['>', '*']) => Kind::Foreign,
            None if matches!(body, "else" | "^") => Kind::Plain,
            None if body.starts_with("else") || body.starts_with('^') => Kind::Chains,
            None => Kind::Plain,
        }
    }
}

/// White space, and the tilde that removes it.
fn is_margin(c: char) -> bool {
    c == '~' || c.is_ascii_whitespace()
}

/// The expressions of a template, without comments and without what is escaped by `\{{`; all as in the
/// grammar of handlebars.
struct Expressions<'a> {
    template: &'a str,
    rest: &'a str,
}

impl<'a> Expressions<'a> {
    fn of(template: &'a str) -> Self {
        Self { template, rest: template }
    }

    /// What stands behind a comment, whose `{{!` has been read. A long one without its end is a short one.
    fn behind_comment(after: &'a str) -> &'a str {
        let long = after.trim_ascii_start().strip_prefix("--");
        let long = long.and_then(|text| Some(text.split_once("--}}")?.1));
        long.unwrap_or_else(|| after.split_once("}}").map_or("", |(_, behind)| behind))
    }
}

impl<'a> Iterator for Expressions<'a> {
    type Item = Expression<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (text, after) = self.rest.split_once("{{")?;
            let slashes = text.len() - text.trim_end_matches('\\').len();
            if slashes == 1 {
                self.rest = after.strip_prefix("{{").unwrap_or(after);
            } else if let Some(comment) = after.strip_prefix('!') {
                self.rest = Self::behind_comment(comment);
            } else {
                let (body, behind) = after.split_once("}}").unwrap_or((after, ""));
                self.rest = behind;
                let body = body.trim_start_matches(is_margin);
                let body = body.strip_prefix('{').unwrap_or(body).trim_start_matches(is_margin);
                return Some(Expression { body, before: self.template.len() - after.len() });
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
        let deep_blocks = "more than 64 deep";
        for deep in [300, 2_000, 20_000] {
            for (open, middle, close, what) in [
                ("{{ ", "(a ", ") }}", within),
                ("{{!-- a }}{{ ", "(a ", ") }}", within),
                ("{{!--}} --}}{{ ", "(a ", ") }}", within),
                ("{{a ", "[", "] }}", within),
                ("{{a ", "{\"a\":", "} }}", within),
                ("{{a ", "\"}}\" (a ", ") }}", within),
                ("", "{{#if a}}", "{{/if}}", deep_blocks),
                ("", "{{#if a}}{{! -- }}{{/if}} --}}", "{{/if}}", deep_blocks),
                ("", "{{#if a}}\\{{/if}}", "{{/if}}", deep_blocks),
                ("", "{{~ #each a}}", "{{/each}}", deep_blocks),
                ("{{#if a}}", "{{else if a}}", "{{/if}}", deep_blocks),
                ("{{#if a}}", "{{~ else  if a}}", "{{/if}}", deep_blocks),
                ("{{#if a}}", "{{ ^if a ~}}", "{{/if}}", deep_blocks),
                ("{{#if a}}", "{{elsewhere}}", "{{/if}}", deep_blocks),
                ("", "{{#> a}}", "{{/a}}", "a partial"),
                ("", "{{# *inline a}}", "{{/inline}}", "a decorator"),
                ("", "{{~> a}}", "", "a partial"),
            ] {
                let text = format!("\n{open}{}{}", middle.repeat(deep), close.repeat(deep));
                let (line, why) = wrong(&text);
                assert!(why.contains(what), "{deep} of {middle}: {why}");
                assert_eq!(line, Some(2), "{deep} of {middle}");
            }
        }
        let blocks = |deep| format!("{}{}", "{{#if a}}".repeat(deep), "{{/if}}".repeat(deep));
        assert_eq!(parse(&blocks(DEEPEST)).map(drop), Ok(()));
        assert!(wrong(&blocks(DEEPEST + 1)).1.contains(deep_blocks));
    }

    #[test]
    fn texts_comments_and_what_is_escaped_may_hold_anything() {
        let many = "{\"a\": [({'b' | c > d".repeat(100);
        for good in [
            format!("{many} {{{{a}}}} {many}"),
            format!("{{{{! {many} }}}}{{{{!-- }}}} {{{{else x}}}} {many} --}}}}").repeat(65),
            "{{!--}} {{json \"x\"}} --}}".to_owned(),
            format!("\\{{{{index . \"a\"}}}} {{{{a}}}} {many}"),
            "{{{a}}}{{~{a}~}}{{~ {a} ~}}{{&a}}{{~a~}}".to_owned(),
            "{{#if a}}x{{else if b}}y{{else}}z{{/if}}".repeat(200),
            "{{#if a}}x{{else}}z{{/if}}{{#if a}}x{{^}}y{{/if}}".repeat(500),
        ] {
            assert_eq!(parse(&good).map(drop), Ok(()), "{good}");
        }
        assert_eq!(wrong("\\\\{{a (b)}}").0, Some(1));
        assert_eq!(wrong("a\n{{b").0, Some(2));
    }
}

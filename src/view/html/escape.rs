//! Foreign text in HTML.

use crate::view::document::{Label, Span, Text};
use crate::view::harmless::visible;

/// `text` so that it is nothing but text, in an element and in a quoted attribute (HTML, section 13.3).
/// What would steer a reader's eyes, such as a change of direction, is shown as an escape.
pub(in crate::view) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push(&mut out, text);
    out
}

/// The same for what is to be copied: line breaks and tabs stay what they are.
pub(in crate::view) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for piece in text.split_inclusive(['\n', '\t']) {
        let plain = piece.trim_end_matches(['\n', '\t']);
        push(&mut out, plain);
        out.push_str(piece.strip_prefix(plain).unwrap_or_default());
    }
    out
}

fn push(out: &mut String, text: &str) {
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

/// A labelled text.
pub(in crate::view) fn text(text: &Text) -> String {
    text.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    let content = escaped(&span.text);
    let class = match span.label {
        Label::Plain => return content,
        Label::Code => return format!("<code>{content}</code>"),
        Label::Strong => "strong",
        Label::Host => "host",
        Label::Component => "component",
        Label::Action(_) => "action",
        Label::Stage => "stage",
        Label::Version => "version",
        Label::Key => "key",
        Label::Good => "good",
        Label::Warning => "warning",
        Label::Error => "error",
        Label::Dim => "dim",
    };
    format!("<span class=\"{class}\">{content}</span>")
}

//! Notices with their words: the templates are read and tried before anybody relies on them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::manifest::notice::{Template, Variables, names};
use crate::manifest::{self, Channel, Manifest};
use crate::source::template::{Fault, check, render};
use crate::source::{self, At, did_you_mean};

/// The subject of notices that have none of their own.
const SUBJECT: &str = "{{site}} ({{environment}}): {{what}}";

/// The text of notices that have none of their own.
const TEXT: &str = include_str!("notice.hbs");

/// People who are told, and by which words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    /// Who is told, when and how.
    pub of: manifest::Notice,
    /// The subject, as a template.
    pub subject: String,
    /// The text, as a template.
    pub text: String,
    /// The body of a request, as a template that may use `subject` and `text` too; none for the
    /// variables as JSON.
    pub body: Option<String>,
}

/// The notices of `manifest`, with all that is wrong with their templates.
pub(super) fn notices(manifest: &Manifest, found: &mut Diagnostics) -> Vec<Notice> {
    manifest.notices.iter().filter_map(|notice| words(manifest, notice, found)).collect()
}

fn words(
    manifest: &Manifest,
    notice: &At<manifest::Notice>,
    found: &mut Diagnostics,
) -> Option<Notice> {
    let of = &notice.value;
    let mut reader = Reader { manifest, found };
    let subject = reader.read(("subject", of.subject.as_ref()), SUBJECT, &names());
    let text = reader.read(("text", of.text.as_ref()), TEXT, &names());
    let body = match &of.channel {
        Channel::Webhook(webhook) => webhook.body.as_ref().map(|body| {
            let more = ["subject".to_owned(), "text".to_owned()];
            let text = reader.read(("body", Some(body)), "", &[names(), more.into()].concat())?;
            reader.json(body, webhook.is_json(), &text).then_some(text)
        }),
        Channel::Email(_) | Channel::Command(_) => None,
    };
    let body = match body {
        Some(body) => Some(body?),
        None => None,
    };
    Some(Notice { of: of.clone(), subject: subject?, text: text?, body })
}

struct Reader<'a> {
    manifest: &'a Manifest,
    found: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// The template that is written, or `default`; none when it is not usable.
    fn read(
        &mut self,
        (key, written): (&str, Option<&At<Template>>),
        default: &str,
        names: &[String],
    ) -> Option<String> {
        let Some(At { span, value }) = written else { return Some(default.to_owned()) };
        let place = || Label::new(&self.manifest.source, span.clone(), "this template");
        let text = match value {
            Template::Here(text) => text.clone(),
            Template::File(path) => match source::read(&self.manifest.path(path)) {
                Ok(SourceText { text, .. }) => text,
                Err(problem) => {
                    let label = Label::new(&self.manifest.source, span.clone(), "named here");
                    let problem = match problem.code {
                        Code::FileUnreadable => {
                            problem.help("correct the path: it starts from the manifest's folder")
                        }
                        _ => *problem,
                    };
                    self.found.push(problem.at(label));
                    return None;
                }
            },
        };
        let example = value_of(&Variables::example("example", "test"), &text);
        let problem = match check(&text, names) {
            Ok(()) => render(&text, &example).err().map(|why| fault(key, &why)),
            Err(Fault::Unreadable(why)) => Some(fault(key, &why)),
            Err(Fault::Unknown(name)) => {
                let message = format!("`{key}` uses `{name}`, which no notice has");
                let known = names.iter().map(String::as_str);
                let help = if names.contains(&name) {
                    format!("inside of `each` it is `../{name}`")
                } else {
                    did_you_mean(&name, known, "the variables are")
                };
                Some(Diagnostic::new(Code::NoticeTemplate, message).help(help))
            }
        };
        match problem {
            Some(problem) => {
                self.found.push(problem.at(place()));
                None
            }
            None => Some(text),
        }
    }

    /// Whether a body that has to be JSON is JSON, with values that make trouble and with none.
    fn json(&mut self, written: &At<Template>, has_to_be: bool, body: &str) -> bool {
        let tried = [Variables::example("example", "test"), Variables::default()];
        let wrong = tried.iter().filter(|_| has_to_be).find_map(|variables| {
            let text = render(body, &value_of(variables, "a \"text\"\nof two lines")).ok()?;
            serde_json::from_str::<serde::de::IgnoredAny>(&text).err()
        });
        let Some(error) = wrong else { return true };
        let message = format!("`body` does not always make JSON: {error}");
        let place = Label::new(&self.manifest.source, written.span.clone(), "this template");
        self.found.push(Diagnostic::new(Code::NoticeTemplate, message).at(place).help(
            "write texts as `{{json text}}`, without quotes around them; or give another \
                       `content-type` in `headers`",
        ));
        false
    }
}

/// The variables of a body.
fn value_of(variables: &Variables, text: &str) -> Value {
    let mut value = serde_json::to_value(variables).unwrap_or_default();
    if let Value::Object(object) = &mut value {
        object.insert("subject".to_owned(), json!("a \"subject\""));
        object.insert("text".to_owned(), json!(text));
    }
    value
}

fn fault(key: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::NoticeTemplate, format!("`{key}` can't be filled in: {why}"))
        .help("docs/notices.md shows what templates can use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_notices_have_of_themselves_can_be_filled_in() {
        for template in [SUBJECT, TEXT] {
            assert_eq!(check(template, &names()), Ok(()));
            for variables in [Variables::example("ops", "failure"), Variables::default()] {
                let text = render(template, &serde_json::to_value(&variables).unwrap()).unwrap();
                assert!(!text.contains("{{"), "{text}");
                assert!(!text.contains("\n\n\n"), "{text}");
            }
        }
    }
}

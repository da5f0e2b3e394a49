use std::sync::Arc;

use super::*;
use crate::diagnostic::{Code, SourceText};
use crate::manifest::SshConnection;

fn text(text: &str) -> Arc<SourceText> {
    Arc::new(SourceText { name: "test.toml".into(), text: text.into() })
}

#[test]
fn misspelt_words_are_recognised_and_others_are_not() {
    let keys = ["address", "os", "connection", "components", "labels"];
    for (word, meant) in [
        ("addres", Some("address")),
        ("adress", Some("address")),
        ("conection", Some("connection")),
        ("component", Some("components")),
        ("label", Some("labels")),
        ("zone", None),
        ("", None),
    ] {
        assert_eq!(closest(word, keys), meant, "{word}");
    }
}

#[test]
fn long_lists_are_cut() {
    let words: Vec<String> = (0..50).map(|n| format!("w{n}")).collect();
    assert!(listed(words.iter().map(String::as_str)).ends_with("`w19` and 30 more"));
}

#[test]
fn all_problems_of_a_file_are_found_in_one_reading() {
    let source = text("usr = \"ops\"\nport = 0\nagent = 1\npassword = \"x\"\njump = \"a\"\n");
    let (value, found) = parse::<SshConnection>(&source);
    let codes: Vec<Code> = found.sorted().into_iter().map(|d| d.code).collect();
    assert!(value.is_none());
    assert_eq!(
        codes,
        [Code::UnknownKey, Code::OutOfRange, Code::WrongType, Code::PlainSecret, Code::WrongType]
    );
}

#[test]
fn a_plain_secret_is_in_no_message() {
    let source = text("password = \"hunter2\"\nusr = 1\n");
    let (_, found) = parse::<SshConnection>(&source);
    assert!(!format!("{:?}", found.sorted()).contains("hunter2"));
}

proptest::proptest! {
    /// Files are hostile: any text gives a value or problems, never a panic, and every place lies
    /// in the text.
    #[test]
    fn any_text_is_survived(content in "([a-z\\[\\]{}=\"'.,\\\\#\n é0-9-]|ssh|user|password){0,200}") {
        let source = text(&content);
        let (value, found) = parse::<SshConnection>(&source);
        proptest::prop_assert_eq!(value.is_some(), found.is_empty());
        for label in found.sorted().iter().flat_map(|d| &d.labels) {
            proptest::prop_assert!(label.source.text.get(label.span.clone()).is_some());
        }
    }
}

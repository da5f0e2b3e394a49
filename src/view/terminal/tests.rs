use super::*;
use crate::view::document::{Label, Row, Side, Table};

const PLAIN: Style = Style { width: 24, colour: false, unicode: true };

fn paragraph(text: &str) -> Document {
    Document { marker: None, blocks: vec![Block::Paragraph(text.into())] }
}

#[test]
fn lines_are_broken_at_spaces_and_long_words_behind_a_sign() {
    for (text, expected) in [
        ("short", "  short\n"),
        ("one two three four five six", "  one two three four\n  five six\n"),
        ("core-[01..12],db-[01..04],files-01", "  core-[01..12],db-\n  [01..04],files-01\n"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "  aaaaaaaaaaaaaaaaaaaaaa\n  aaaaaaaa\n"),
        ("a word\u{a0}that\u{a0}is\u{a0}unbroken", "  a\n  word that is unbroken\n"),
        ("", "\n"),
    ] {
        assert_eq!(render(&paragraph(text), &PLAIN), expected, "{text}");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let text = Text::of(Label::Error, "✗ failed").plain(" on ").and(Label::Host, "core-01");
    let colour = line(&text, &Style { colour: true, ..PLAIN });
    assert_eq!(colour, "\x1b[1;31m✗ failed\x1b[0m on \x1b[36mcore-01\x1b[0m");
    assert_eq!(line(&text, &PLAIN), "✗ failed on core-01");
}

#[test]
fn without_unicode_signs_have_a_stand_in_and_letters_an_escape() {
    let ascii = Style { unicode: false, ..PLAIN };
    assert_eq!(
        line(&"2.8.0 → 2.9.0 … größe".into(), &ascii),
        "2.8.0 -> 2.9.0 ... gr\\u{f6}\\u{df}e"
    );
}

#[test]
fn the_widest_column_gives_way_first() {
    let mut table = Table::new(&[("id", Side::Right), ("said", Side::Left)]);
    table.rows.push(Row::new(vec!["7".into(), "one two three four five".into()]));
    let document = Document { marker: None, blocks: vec![Block::Table(table)] };
    let expected = "  id  said\n   7  one two three four\n      five\n";
    assert_eq!(render(&document, &PLAIN), expected);
}

#[test]
fn no_width_is_too_small_to_end() {
    let document = paragraph("some words and averyverylongone");
    for width in 0..6 {
        assert!(render(&document, &Style { width, ..PLAIN }).ends_with("e\n"));
    }
}

#[test]
fn code_is_never_broken() {
    let command = "apt-get install -y a-package-with-a-long-name";
    let document = Document { marker: None, blocks: vec![Block::Code(vec![command.into()])] };
    assert_eq!(render(&document, &PLAIN), format!("    {command}\n"));
}

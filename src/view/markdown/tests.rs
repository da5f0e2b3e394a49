use super::*;
use crate::view::document::{Label, Row};

fn written(content: impl Into<Text>) -> String {
    text(&content.into())
}

#[test]
fn words_keep_their_look_and_lose_their_meaning() {
    for (foreign, expected) in [
        ("postgresql on db-01 (healthy)", "postgresql on db-01 (healthy)"),
        ("a_b *c* [d](e)", "a\\_b \\*c\\* \\[d](e)"),
        ("one | two", "one &#124; two"),
        ("see <script>x</script> now", "see `<script>x</script>` now"),
        ("see https://evil.example now", "see `https://evil.example` now"),
        ("tell @everyone about #12", "tell `@everyone` about `#12`"),
        ("a<b|c>d", "`a<b`&#124;`c>d`"),
        ("`tick` <`>", "\\`tick\\` ``<`>``"),
        ("- not a list", "\\- not a list"),
        ("12. not a list", "12\\. not a list"),
        ("1.5 GB", "1.5 GB"),
        ("two\nlines", "two\\\\nlines"),
    ] {
        assert_eq!(written(foreign), expected, "{foreign}");
    }
}

#[test]
fn code_is_held_together_and_kept_apart() {
    let text = Text::from("run").plain(" ").and(Label::Code, "mdc apply a_b").plain(".");
    assert_eq!(written(text), "run `mdc apply a_b`.");
    assert_eq!(written(Text::of(Label::Code, "a ``b``")), "``` a ``b`` ```");
}

#[test]
fn a_fence_is_longer_than_what_it_holds() {
    let document =
        Document { marker: None, blocks: vec![Block::Code(vec!["````".into(), "<b>".into()])] };
    assert_eq!(render(&document), "`````sh\n````\n<b>\n`````\n");
}

#[test]
fn notes_are_the_last_column() {
    let mut table = Table::new(&[("a", Side::Left), ("n", Side::Right)]);
    let notes = vec![Field::new("why", "so"), Field::new("next", "this")];
    table.rows.push(Row::new(vec!["x".into(), "1".into()]).noted(notes));
    let document = Document { marker: None, blocks: vec![Block::Table(table)] };
    let expected = "| a | n | |\n| --- | --: | --- |\n| x | 1 | **why** so<br>**next** this |\n";
    assert_eq!(render(&document), expected);
}

#[test]
fn the_inside_of_a_tag_and_the_marker_are_escaped_as_html() {
    let document = Document {
        marker: Some("mdc:plan a --> <b>".into()),
        blocks: vec![Block::Details { summary: "of <b>&\"x\" a_b".into(), body: Vec::new() }],
    };
    let text = render(&document);
    assert!(text.starts_with("<!-- mdc:plan a -__ _b_ -->\n"), "{text}");
    assert!(text.contains("<summary>of <code>&lt;b&gt;&amp;&quot;x&quot;</code> a_b</summary>"));
}

#[test]
fn what_does_not_fit_is_left_out_and_said() {
    let blocks = vec![Block::Paragraph("x".repeat(80).into()); 4];
    let text = render_within(&Document { marker: None, blocks }, 280);
    assert!(text.len() <= 280, "{}", text.len());
    assert!(text.ends_with("_The last 2 parts are left out: too long._\n"), "{text}");
}

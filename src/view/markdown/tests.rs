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

/// The lines of all comments without marks and the words around them.
fn told(comments: &[String]) -> Vec<String> {
    let lines = comments.iter().flat_map(|comment| comment.lines());
    let own = |line: &&str| !line.starts_with("<!--") && !line.starts_with("_Part");
    lines.filter(own).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_long_document_is_several_comments_and_nothing_of_it_is_lost() {
    let mut table = Table::new(&[("a", Side::Left)]);
    table.rows = (0..200).map(|n| Row::new(vec![format!("row {n}").into()])).collect();
    let code: Vec<String> = (0..200).map(|n| format!("command {n}")).collect();
    let list = (0..50).map(|n| format!("item {n}").into()).collect();
    let document = Document {
        marker: Some("mdc:plan x".to_owned()),
        blocks: vec![
            Block::Heading { level: 1, text: "title".into() },
            Block::Paragraph("first".into()),
            Block::heading("rows"),
            Block::Table(table),
            Block::Details { summary: "commands".into(), body: vec![Block::Code(code)] },
            Block::heading("items"),
            Block::List(list),
        ],
    };
    let parts = comments::within(&document, 700);
    let of = parts.len();
    assert!(of > 5, "{of}");
    for (place, part) in parts.iter().enumerate() {
        let mark = format!("<!-- mdc:plan x part {} of {of} -->\n", place + 1);
        assert!(part.starts_with(&mark) && part.len() <= 700, "{}: {part}", part.len());
        let fences = part.lines().filter(|line| line.starts_with("```")).count();
        let folds = part.matches("<details>").count();
        assert!(fences % 2 == 0 && folds == part.matches("</details>").count(), "{part}");
        assert!(!part.trim_end().ends_with("## rows"), "{part}");
        assert_eq!(part.contains("\n| row"), part.contains("| --- |"), "{part}");
    }
    let said = told(&parts);
    let only = |start: &str| said.iter().filter(|line| line.contains(start)).collect::<Vec<_>>();
    let numbered =
        |start: &str, n: usize| (0..n).map(|n| format!("{start}{n}")).collect::<Vec<_>>();
    let rows: Vec<String> =
        only("| row ").iter().map(|row| row.trim_matches(['|', ' ']).to_owned()).collect();
    assert_eq!(rows, numbered("row ", 200));
    assert_eq!(
        only("command ").into_iter().cloned().collect::<Vec<_>>(),
        numbered("command ", 200)
    );
    assert_eq!(only("- item").into_iter().cloned().collect::<Vec<_>>(), numbered("- item ", 50));
}

#[test]
fn what_fits_is_one_comment_and_what_never_fits_is_named() {
    let blocks = vec![Block::Paragraph("short".into())];
    let one = comments::within(&Document { marker: Some("m".into()), blocks }, 700);
    assert_eq!(one, ["<!-- m part 1 of 1 -->\nshort\n"]);
    let code = vec!["before".to_owned(), "x".repeat(1000), "behind".to_owned()];
    let blocks = vec![Block::Code(code)];
    let parts = comments::within(&Document { marker: None, blocks }, 400).concat();
    let before = parts.split_once("before").map(|(_, rest)| rest);
    let note = before.and_then(|rest| rest.split_once("too long for a comment"));
    assert!(note.is_some_and(|(_, rest)| rest.contains("behind")), "{parts}");
}

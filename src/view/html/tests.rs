use super::*;
use crate::view::document::Label;

fn page(blocks: Vec<Block>) -> String {
    let page = render(&Document { marker: None, blocks });
    let (_, body) = page.split_once("<body>\n").unwrap();
    body.strip_suffix("</body>\n</html>\n").unwrap().to_owned()
}

#[test]
fn foreign_text_stays_text() {
    let evil = "<script>alert(\"1\")</script>&amp;' onload=x \u{202e}\u{1b}[31m";
    let harmless = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39; onload=x \
                    \\u{202e}\\u{1b}[31m";
    let mut table = Table::new(&[("a", Side::Left)]);
    table.rows.push(Row::new(vec![evil.into()]).noted(vec![Field::new("why", evil)]));
    let body = page(vec![
        Block::heading(evil),
        Block::Paragraph(Text::of(Label::Error, evil)),
        Block::List(vec![evil.into()]),
        Block::Fields(vec![Field::new("k", Text::of(Label::Code, evil))]),
        Block::Table(table),
        Block::Code(vec![evil.to_owned()]),
        Block::Details { summary: evil.into(), body: vec![Block::Paragraph(evil.into())] },
    ]);
    assert_eq!(body.matches(harmless).count(), 9, "{body}");
    assert!(!body.contains("<script") && !body.contains('\u{202e}') && !body.contains('\u{1b}'));
    let title = render(&Document::titled(evil.into()));
    assert!(title.contains(&format!("<title>{harmless}</title>")));
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let page = render(&Document::titled("run".into()));
    for word in ["http://", "https://", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn every_block_has_its_element() {
    let mut table = Table::new(&[("name", Side::Left), ("n", Side::Right)]);
    let mut row = Row::new(vec![Text::of(Label::Host, "core-01"), "3".into()]);
    row.apart = true;
    table.rows.push(row.noted(vec![Field::new("why", "so")]));
    let body = page(vec![
        Block::Table(table),
        Block::Code(vec!["a < b".to_owned(), "c".to_owned()]),
        Block::Details { summary: "more".into(), body: vec![Block::List(vec!["one".into()])] },
    ]);
    let expected = "<div class=\"scroll\"><table>\n<thead><tr>\n<th scope=\"col\">name</th>\n\
        <th scope=\"col\" class=\"right\">n</th>\n</tr></thead>\n<tbody>\n<tr class=\"apart\">\n\
        <td><span class=\"host\">core-01</span></td>\n<td class=\"right\">3</td>\n</tr>\n\
        <tr><td colspan=\"2\"><dl><dt>why</dt><dd>so</dd></dl></td></tr>\n</tbody>\n</table></div>\n\
        <pre><code>a &lt; b\nc</code></pre>\n<details open><summary>more</summary>\n<ul>\n\
        <li>one</li>\n</ul>\n</details>\n";
    assert_eq!(body, expected);
}

proptest::proptest! {
    /// Whatever a text holds, the page's only elements are our own.
    #[test]
    fn no_text_makes_an_element(foreign in "[ -~\\PC<>&\"'/!-]{0,60}") {
        let body = page(vec![Block::Paragraph(foreign.as_str().into()), Block::Code(vec![foreign])]);
        let bare = body.replace("<p>", "").replace("</p>", "").replace("<pre><code>", "");
        let bare = bare.replace("</code></pre>", "");
        proptest::prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{body}");
    }
}

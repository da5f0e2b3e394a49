//! What every page has to hold, by scripts that run in it.

use crate::browser::Browser;

/// Basics that people with a keyboard or a screen reader need: names, labels, headings in order.
const ACCESS: &str = r"
const found = [], all = (selector) => Array.from(document.querySelectorAll(selector));
const name = (e) => (e.getAttribute('aria-label') || e.textContent).trim();
if (document.documentElement.lang !== 'en') found.push('no language');
for (const e of all('input, select')) if (!e.labels.length) found.push('no label: ' + e.outerHTML);
for (const e of all('button, a, summary')) if (!name(e)) found.push('no name: ' + e.outerHTML);
for (const e of all('[role=region], [role=group], [role=search], section, nav'))
  if (!e.getAttribute('aria-label') && !document.getElementById(e.getAttribute('aria-labelledby')))
    found.push('no name: ' + e.outerHTML.slice(0, 80));
let level = 0;
for (const e of all('h1, h2, h3, h4')) {
  const own = Number(e.tagName[1]);
  if (own > level + 1) found.push('heading skips: ' + e.textContent);
  level = own;
}
if (all('h1').length !== 1 || all('main').length !== 1) found.push('not one h1 and one main');
const ids = all('[id]').map((e) => e.id);
if (new Set(ids).size !== ids.length) found.push('an id is there twice');
for (const e of all('a[href^=\'#\']'))
  if (!document.getElementById(e.getAttribute('href').slice(1))) found.push('leads nowhere: ' + e.outerHTML);
for (const e of all('[tabindex]')) if (e.tabIndex > 0) found.push('an order of its own: ' + e.outerHTML);
for (const e of all('a.node text'))
  if (e.getBoundingClientRect().right > e.parentNode.querySelector('rect').getBoundingClientRect().right)
    found.push('wider than its box: ' + e.textContent);
return found.slice(0, 20);
";

/// Texts whose contrast is below 4.5 to 1 (WCAG 2.2, criterion 1.4.3, level AA).
const CONTRAST: &str = r"
const parse = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => {
  const part = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
};
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const rate = (one, other) => {
  const [a, b] = [light(one), light(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const found = new Set();
const note = (e, colour, back) => {
  const got = rate(colour, back);
  if (got < 4.5) found.add(`${e.tagName}.${e.getAttribute('class')} ${got.toFixed(2)}: ${e.textContent.slice(0, 30)}`);
};
for (const e of document.querySelectorAll('body *')) {
  const own = Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim());
  if (!own || e.closest('[hidden], script') || (e.closest('details:not([open])') && !e.closest('summary'))) continue;
  const style = getComputedStyle(e);
  if (!e.closest('svg')) { note(e, parse(style.color), behind(e)); continue; }
  const box = e.closest('a, g')?.querySelector('rect');
  if (e.tagName === 'text') note(e, parse(style.fill), box ? parse(getComputedStyle(box).fill) : behind(e.closest('svg').parentElement));
}
return Array.from(found).slice(0, 20);
";

/// What of the summary, and which names of parts in the picture, are beyond the edge of what they can be
/// scrolled in.
const CUT_OFF: &str = r"
const found = [];
for (const e of document.querySelectorAll('#summary td, .band text')) {
  const [own, frame] = [e, e.closest('.scroll')].map((it) => it.getBoundingClientRect());
  if (own.left < frame.left - 1 || own.right > frame.right + 1) found.push(e.textContent);
}
return found.slice(0, 20);
";

/// The page that is open, as everybody has to be able to read it.
pub(crate) fn is_readable(browser: &Browser) {
    assert_eq!(browser.run(ACCESS), serde_json::json!([]));
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        assert_eq!(browser.run(CONTRAST), serde_json::json!([]), "{scheme}");
    }
    let back = |scheme| {
        browser.scheme(scheme);
        browser.run("return getComputedStyle(document.body).backgroundColor")
    };
    assert_ne!(back("dark"), back("light"));
    for width in [1280, 700, 400, 320] {
        browser.width(width);
        let fits = "return [document.documentElement.scrollWidth, innerWidth]";
        let measured = browser.run(fits);
        assert!(measured[0].as_u64() <= measured[1].as_u64(), "at {width}: {measured}");
        if width >= 400 {
            assert_eq!(browser.run(CUT_OFF), serde_json::json!([]), "at {width}");
        }
    }
    // On paper nothing can be scrolled.
    browser.medium("print");
    browser.width(718);
    let beyond = "const right = (it) => document.querySelector(it).getBoundingClientRect().right; \
                  return [right('#picture'), right('main')]";
    let beyond = browser.run(beyond);
    assert!(beyond[0].as_f64() <= beyond[1].as_f64(), "{beyond}");
    browser.medium("screen");
    browser.width(1280);
}

/// Steps that are shown.
pub(crate) fn count(browser: &Browser) -> String {
    let count = browser.run("return document.querySelector('#count').textContent");
    count.as_str().unwrap().to_owned()
}

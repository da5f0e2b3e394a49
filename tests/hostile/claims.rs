//! SECURITY.md claims nothing that no test holds.

use std::fs;
use std::path::Path;

/// Each test that the text names, after the file that it is in: `` `tests/a.rs`: `one_test`, `other_test` ``.
fn named(text: &str) -> Vec<(&str, &str)> {
    let mut file = "";
    let mut found = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        if Path::new(word).extension().is_some_and(|it| it == "rs") {
            file = word;
        } else if word.matches('_').count() > 1
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            found.push((file, word));
        }
    }
    found
}

#[test]
fn every_claim_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let claims = named(&text);
    assert!(claims.len() > 30, "only {} tests are named", claims.len());
    for (file, test) in claims {
        let source = fs::read_to_string(root.join(file))
            .unwrap_or_else(|error| panic!("{file}, for {test}: {error}"));
        assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test}");
    }
}

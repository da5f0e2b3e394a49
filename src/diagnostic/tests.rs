use super::*;

#[test]
fn codes_are_unique_and_explained() {
    let texts: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    for code in Code::ALL {
        let sentences = code.explain().matches(['.', '?']).count();
        assert!(sentences >= 2, "{}: {}", code.as_str(), code.explain());
        assert!(code.as_str().contains("::"), "{}", code.as_str());
        // As a line of the source that lost its `\\` would leave it.
        let ragged = code.explain().lines().find(|line| line.trim_start().contains("  "));
        assert_eq!(ragged, None, "{}", code.as_str());
    }
}

#[test]
fn hidden_places_keep_the_length_of_the_text() {
    let source = Arc::new(SourceText { name: "m".into(), text: "a = \"gehëim\"\nb = 1\n".into() });
    let problem = Diagnostic::new(Code::PlainSecret, "x").at(Label::new(&source, 4..13, "hidden"));
    let place = 4..13;
    let hidden =
        Diagnostics::from_iter([problem]).hiding(&source, std::slice::from_ref(&place)).sorted();
    assert_eq!(hidden[0].labels[0].source.text, "a = *********\nb = 1\n");
}

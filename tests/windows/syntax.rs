//! Whether texts are PowerShell, by a grammar that others have written.

use tree_sitter::{Node, Parser};

/// The pieces of `text` that no rule of the grammar fits.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let tree = parser.parse(text, None).unwrap();
    let mut faults = Vec::new();
    collect(tree.root_node(), text, &mut faults);
    faults
}

fn collect(node: Node<'_>, text: &str, faults: &mut Vec<String>) {
    if node.is_error() || node.is_missing() {
        let line = node.start_position().row + 1;
        faults.push(format!("line {line}: {}", &text[node.byte_range()]));
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        collect(child, text, faults);
    }
}

#[test]
fn the_grammar_finds_what_is_wrong() {
    assert_eq!(faults("if ($a -eq 'b') { throw \"c $($_.D)\" }"), Vec::<String>::new());
    for wrong in ["if ($a -eq 'b' { }", "switch (", "$a = 'it's'", "$a = "] {
        assert!(!faults(wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn every_script_can_be_read() {
    let scripts = mdc::transport::windows_scripts();
    assert_eq!(
        scripts.map(|(name, _)| name),
        ["bootstrap", "command", "stop", "length", "examine", "host"]
    );
    for (name, script) in scripts.into_iter().chain([("facts", mdc::observe::WINDOWS_FACTS)]) {
        assert_eq!(faults(script), Vec::<String>::new(), "{name}");
        // A parser of 5.1 takes a text without a mark for one of its code page.
        assert!(script.is_ascii(), "{name}");
    }
    // What the host's script writes for a job to run is one, too.
    let host = scripts.into_iter().find(|(name, _)| *name == "host").unwrap().1;
    let runner = host.split_once("@'\n").and_then(|(_, rest)| rest.split_once("\n'@")).unwrap().0;
    assert_eq!(faults(runner), Vec::<String>::new());
}

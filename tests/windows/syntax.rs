//! Whether texts are PowerShell, by a grammar that others have written.

use tree_sitter::{Node, Parser, Tree};

pub(crate) fn tree(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    parser.parse(text, None).unwrap()
}

/// A node and all below it.
pub(crate) fn walk(node: Node<'_>) -> Vec<Node<'_>> {
    let mut nodes = vec![node];
    let mut next = 0;
    while let Some(&node) = nodes.get(next) {
        let mut cursor = node.walk();
        nodes.extend(node.children(&mut cursor));
        next += 1;
    }
    nodes
}

/// The words that each call of the command `name` in `text` has, as PowerShell takes them.
pub(crate) fn words(text: &str, name: &str) -> Vec<Vec<String>> {
    let tree = tree(text);
    let mut all = Vec::new();
    for node in walk(tree.root_node()) {
        if !matches!(node.child_by_field_name("command_name"), Some(it) if text[it.byte_range()] == *name)
        {
            continue;
        }
        let Some(elements) = node.child_by_field_name("command_elements") else { continue };
        let mut cursor = elements.walk();
        let parts = elements.children(&mut cursor).filter(|it| it.kind() != "command_argument_sep");
        all.push(parts.map(|it| plain(&text[it.byte_range()])).collect());
    }
    all
}

/// A word in single quotes without them. PowerShell takes typographic ones for the same.
fn plain(word: &str) -> String {
    let Some(inside) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) else {
        return word.to_owned();
    };
    let (mut out, mut rest) = (String::new(), inside.chars());
    while let Some(c) = rest.next() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            rest.next();
        }
        out.push(c);
    }
    out
}

/// The commands of `text` that are none of `names`, and all that is no command.
pub(crate) fn others(text: &str, names: &[&str]) -> Vec<String> {
    let tree = tree(text);
    let mut others = Vec::new();
    for node in walk(tree.root_node()) {
        let is_other = match node.kind() {
            "command" => {
                let name =
                    node.child_by_field_name("command_name").map(|it| &text[it.byte_range()]);
                name.is_none_or(|name| !names.contains(&name))
            }
            kind => kind.ends_with("_statement") || kind == "variable" || kind == "sub_expression",
        };
        if is_other {
            others.push(text[node.byte_range()].to_owned());
        }
    }
    others
}

/// The pieces of `text` that no rule of the grammar fits.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let tree = tree(text);
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
        ["bootstrap", "command", "stop", "length", "pull", "examine", "host"]
    );
    for (name, script) in scripts.into_iter().chain([("facts", mdc::observe::WINDOWS_FACTS)]) {
        assert_eq!(faults(script), Vec::<String>::new(), "{name}");
        // A parser of 5.1 takes a text without a mark for one of its code page.
        assert!(script.is_ascii(), "{name}");
    }
    // What the host's script writes for a job to run is some, too.
    let host = scripts.into_iter().find(|(name, _)| *name == "host").unwrap().1;
    let written: Vec<&str> = host
        .split("@'\n")
        .skip(1)
        .map(|rest| rest.split_once("\n'@").expect("it ends").0)
        .collect();
    assert_eq!(written.len(), 2);
    for text in written {
        assert_eq!(faults(text), Vec::<String>::new());
    }
}

/// PowerShell gives its input to a command only where that names `$input` outside of every block and function
/// within it (`AstSearcher.IsUsingDollarInput` of its source).
#[test]
fn the_bootstrap_is_given_its_input() {
    let script = mdc::transport::windows_scripts()[0].1;
    let tree = tree(script);
    // The grammar takes `process { … }` itself for a command with a block.
    let is_outermost = |node: Node<'_>| {
        let around = std::iter::successors(node.parent(), Node::parent).map(|it| it.kind());
        let blocks = ["script_block_expression", "function_statement"];
        around.filter(|kind| blocks.contains(kind)).count() == 1
    };
    let named = |node: &Node<'_>| {
        node.kind() == "variable" && &script[node.byte_range()] == "$input" && is_outermost(*node)
    };
    assert!(walk(tree.root_node()).iter().any(named));
}

/// Of several variables that are set at once the last is a list only when more than one is left for it, and the letters
/// of a text alone would be handed on one by one.
#[test]
fn what_is_handed_on_word_by_word_is_a_list() {
    for (name, script) in mdc::transport::windows_scripts() {
        let tree = tree(script);
        let nodes = walk(tree.root_node());
        let variables = |node: Node<'_>| {
            let all = walk(node).into_iter().filter(|it| it.kind() == "variable");
            all.map(|it| &script[it.byte_range()]).collect::<Vec<_>>()
        };
        let all = variables(tree.root_node());
        let handed: Vec<&str> = all.iter().filter_map(|it| it.strip_prefix('@')).collect();
        assert_eq!(handed.is_empty(), !script.contains(" @"), "{name}");
        for left in nodes.iter().filter(|it| it.kind() == "left_assignment_expression") {
            let set = variables(*left);
            let is_one = |it: &&str| handed.contains(&it.trim_start_matches('$'));
            assert!(set.len() < 2 || !set.iter().any(is_one), "{name}: {set:?}");
        }
    }
}

/// When a text of PowerShell has failed is said once, for what is run at once and for jobs.
#[test]
fn one_code_runs_the_texts_of_commands_and_of_jobs() {
    for (name, script) in mdc::transport::windows_scripts() {
        let runs = name == "command" || name == "host";
        assert_eq!(script.contains("& ([ScriptBlock]::Create($text)) | ForEach-Object"), runs);
        assert_eq!(script.matches("$last -is [bool] -and -not $last").count(), usize::from(runs));
        assert_eq!(script.matches("Invoke-Text").count(), 2 * usize::from(runs), "{name}");
    }
}

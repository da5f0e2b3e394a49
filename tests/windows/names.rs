//! Whether every name in a script is one: of a function that it has, with no more words than that takes, of a command
//! that PowerShell has, of a variable that something was put into. What a shell would tell that ran it.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use crate::syntax::{tree, walk};

/// Commands of Windows PowerShell itself that scripts use.
const COMMANDS: [&str; 16] = [
    "Copy-Item",
    "ForEach-Object",
    "Get-FileHash",
    "Get-Process",
    "Join-Path",
    "Move-Item",
    "New-Object",
    "Out-Null",
    "Read-Host",
    "Remove-Item",
    "Select-Object",
    "Sort-Object",
    "Start-Process",
    "Start-Sleep",
    "Where-Object",
    "Write-Host",
];

/// Variables that are always there.
const GIVEN: [&str; 12] = [
    "_",
    "args",
    "erroractionpreference",
    "executioncontext",
    "false",
    "matches",
    "null",
    "pid",
    "progresspreference",
    "pscommandpath",
    "psscriptroot",
    "true",
];

struct Function<'t> {
    node: Node<'t>,
    parameters: usize,
}

/// What of `text` is no name, with its line.
pub(crate) fn wrong(text: &str) -> Vec<String> {
    let tree = tree(text);
    let said = |node: Node<'_>| text[node.byte_range()].to_owned();
    let nodes = walk(tree.root_node());
    let mut functions: BTreeMap<String, Function<'_>> = BTreeMap::new();
    for node in nodes.iter().copied().filter(|node| node.kind() == "function_statement") {
        let inside = walk(node);
        let name = inside.iter().find(|it| it.kind() == "function_name").unwrap();
        let parameters = inside.iter().filter(|it| it.kind() == "script_parameter").count();
        functions.insert(said(*name), Function { node, parameters });
    }
    let mut wrong = Vec::new();
    for node in nodes.iter().copied().filter(|node| node.kind() == "command") {
        let name = said(node.child_by_field_name("command_name").unwrap());
        let elements = node.child_by_field_name("command_elements");
        let given = elements.map_or(0, |it| {
            let mut cursor = it.walk();
            it.children(&mut cursor).filter(|it| it.kind() != "command_argument_sep").count()
        });
        let is_one = match functions.get(&name) {
            Some(function) => given <= function.parameters,
            None => COMMANDS.contains(&name.as_str()) || name.ends_with(".exe\""),
        };
        if !is_one {
            wrong.push(format!("line {}: {}", node.start_position().row + 1, said(node)));
        }
    }
    let everywhere = put(tree.root_node(), text, false);
    for function in functions.values() {
        let inside = put(function.node, text, true);
        read(function.node, text, (&everywhere, &inside), &mut wrong);
    }
    read_outside(tree.root_node(), text, &everywhere, &mut wrong);
    wrong
}

fn bare(name: &str) -> String {
    let name = name.trim_start_matches(['$', '@']).to_lowercase().replace(['{', '}'], "");
    name.trim_start_matches("script:").to_owned()
}

/// What something is put into within `node`; of its functions only when it is one.
fn put(node: Node<'_>, text: &str, is_function: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        let takes = match child.kind() {
            "function_statement" if !is_function => continue,
            "left_assignment_expression" | "script_parameter" => walk(child),
            // Its own variable is the first.
            "foreach_statement" => {
                walk(child).into_iter().find(|it| it.kind() == "variable").into_iter().collect()
            }
            _ => Vec::new(),
        };
        let names = takes.into_iter().filter(|it| it.kind() == "variable");
        found.extend(names.map(|it| bare(&text[it.byte_range()])));
        found.extend(put(child, text, is_function));
    }
    found
}

fn read(
    node: Node<'_>,
    text: &str,
    known: (&BTreeSet<String>, &BTreeSet<String>),
    wrong: &mut Vec<String>,
) {
    for variable in walk(node).into_iter().filter(|it| it.kind() == "variable") {
        let said = &text[variable.byte_range()];
        let name = bare(said);
        let is_outside = name.starts_with("env:") || name.starts_with("global:");
        if !is_outside
            && !GIVEN.contains(&name.as_str())
            && !known.0.contains(&name)
            && !known.1.contains(&name)
        {
            wrong.push(format!("line {}: {said} is never set", variable.start_position().row + 1));
        }
    }
}

fn read_outside(node: Node<'_>, text: &str, known: &BTreeSet<String>, wrong: &mut Vec<String>) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "function_statement" => {}
            "variable" => read(child, text, (known, known), wrong),
            _ => read_outside(child, text, known, wrong),
        }
    }
}

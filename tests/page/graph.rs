//! The order of a plan for Graphviz and for Mermaid.

use std::io::Write;
use std::process::{Command, Stdio};

use mdc::view::plan::{dot, mermaid};

use crate::quickstart;

/// Graphviz draws it, and has nothing to say.
pub(crate) fn is_accepted(what: &str, graph: &[u8]) {
    let drawing = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut drawing) = drawing else {
        writeln!(
            std::io::stderr(),
            "SKIPPED the graph of {what}: there is no `dot`; install graphviz"
        )
        .unwrap();
        return;
    };
    drawing.stdin.take().unwrap().write_all(graph).unwrap();
    let drawn = drawing.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&drawn.stderr);
    // Which fonts there are is the machine's business.
    let said: Vec<&str> = said.lines().filter(|it| !it.contains("ontconfig")).collect();
    assert!(drawn.status.success() && said.is_empty(), "{said:?}");
    let picture = String::from_utf8(drawn.stdout).unwrap();
    let nodes = picture.matches("class=\"node\"").count();
    let asked = std::str::from_utf8(graph).unwrap();
    assert_eq!(nodes, asked.lines().filter(|line| line.starts_with("    g")).count());
    assert_eq!(picture.matches("class=\"edge\"").count(), asked.matches(" -> ").count());
}

/// The part of Mermaid's grammar of flowcharts that is used, line by line: no text can be anything else.
pub(crate) fn is_a_flowchart(text: &str) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("flowchart TD"));
    let (mut inside, mut nodes) = (false, Vec::new());
    for line in lines {
        let line = match line.strip_prefix("  ") {
            Some("end") => {
                assert!(inside, "{line}");
                inside = false;
                continue;
            }
            Some(rest) => rest,
            None => panic!("{line}"),
        };
        if let Some(title) = line.strip_prefix("subgraph p") {
            assert!(!inside, "{line}");
            inside = true;
            is_labelled(title);
        } else if let Some(node) = line.strip_prefix("  g") {
            assert!(inside, "{line}");
            nodes.push(is_labelled(node));
        } else {
            let (one, other) = line.split_once(" --> ").unwrap_or_else(|| panic!("{line}"));
            for end in [one, other] {
                let number: usize = end.strip_prefix('g').unwrap().parse().unwrap();
                assert!(nodes.contains(&number) && !inside, "{line}");
            }
        }
    }
    assert!(!nodes.is_empty() && !inside);
}

/// `7["…"]`: a number and a label in which nothing can end it or mean more than text.
fn is_labelled(text: &str) -> usize {
    let (number, label) = text.split_once("[\"").unwrap_or_else(|| panic!("{text}"));
    let label = label.strip_suffix("\"]").unwrap_or_else(|| panic!("{text}"));
    let mut rest = label.replace("<br>", "");
    while let Some((before, entity)) = rest.clone().split_once('#') {
        let (code, after) = entity.split_once(';').unwrap_or_else(|| panic!("{text}"));
        assert!(!code.is_empty() && code.chars().all(|c| c.is_ascii_digit()), "{text}");
        rest = format!("{before}{after}");
    }
    assert!(!rest.contains(['"', '<', '>', '`', '%', '{', '}', ';', '\\', '&', '\n']), "{text}");
    number.parse().unwrap()
}

#[test]
fn graphviz_draws_the_quickstart() {
    let graph = dot(&quickstart::plan());
    is_accepted("the quickstart", graph.as_bytes());
    assert!(graph.contains("label=\"Stage 2, critical\""), "{graph}");
}

#[test]
fn the_quickstart_is_a_flowchart() {
    let chart = mermaid(&quickstart::plan());
    is_a_flowchart(&chart);
    assert!(
        chart.contains("[\"upgrade postgresql<br>db-01<br>wave 14, about 1m 15s\"]"),
        "{chart}"
    );
}

//! Templates of the user's: strict, and with the variables that docs/emit.md tells of.

use std::collections::BTreeSet;

use mdc::emit::{EmitError, NAMES, Templates, emit, variables};

use crate::bench::quickstart;

#[test]
fn a_template_of_the_users_takes_the_place_of_the_built_in_one() {
    let mut templates = Templates::built_in();
    let own = "{{host}}:{{#each steps}} {{number}}={{id}}{{#each commands}}{{#if limit}},{{../../host}}{{/if}}{{/each}}{{/each}}";
    templates.replace("host.sh.hbs", own.to_owned()).unwrap();
    let emitted = emit(&quickstart(), &templates).unwrap();
    let script = &emitted.texts[camino::Utf8Path::new("hosts/gate-02/gate-02.sh")];
    assert!(
        script.starts_with("gate-02: 1=gate-01/api-gateway/await-healthy,gate-02 2="),
        "{script}"
    );
}

#[test]
fn what_isnt_known_is_an_error_with_its_place() {
    for (name, text, said) in [
        (
            "runbook.md.hbs",
            "a\n{{seel}}",
            "runbook.md.hbs, line 2: it uses `seel`, which isn't known there",
        ),
        (
            "runbook.md.hbs",
            "{{#each waves}}\n\n{{#if sum}}{{/if}}{{/each}}",
            "line 3: it uses `sum`",
        ),
        ("host.sh.hbs", "{{#each steps}}{{host}}{{/each}}", "line 1: it uses `host`"),
        ("host.sh.hbs", "{{#each steps}}", "its braces are not closed"),
        ("host.sh.hbs", "{{#each steps}}{{> x}}{{/each}}", "it uses a partial"),
    ] {
        let error = Templates::built_in().replace(name, text.to_owned()).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let none = Templates::built_in().replace("other.hbs", String::new());
    assert_eq!(none, Err(EmitError::NoTemplate("other.hbs".to_owned())));
}

#[test]
fn the_built_in_templates_keep_to_the_variables_and_the_documents_name_them_all() {
    let docs = include_str!("../../docs/emit.md");
    for name in NAMES {
        let built_in = Templates::built_in().text(name).unwrap().to_owned();
        Templates::built_in().replace(name, built_in).unwrap();
        let known: BTreeSet<&str> = variables(name).iter().map(|(name, _)| *name).collect();
        assert_eq!(known.len(), variables(name).len());
        for (variable, means) in variables(name).iter().filter(|(_, means)| *means != "as above") {
            let row = format!("| `{variable}` | {means} |");
            assert!(docs.contains(&row), "docs/emit.md lacks: {row}");
        }
    }
}

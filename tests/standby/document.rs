//! Requests of mdc and answers of the stand-in, held against the vendor's document of MD Core 5.6.1.

use serde_json::Value;

use crate::bed::Bed;
use crate::stand_in::Asked;

/// The routes of licences, settings, sessions and states, with all that they refer to, out of the
/// vendor's document; without its descriptions and examples.
fn document() -> Value {
    serde_json::from_str(include_str!("openapi-5.6.1.json")).unwrap()
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(at) => document.pointer(at.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

fn holds(document: &Value, schema: &Value, instance: &Value, what: &str) {
    let mut schema = resolved(document, schema).clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(instance).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:?}\n{instance}");
}

fn is_documented(document: &Value, asked: &Asked) -> bool {
    let (route, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let what = format!("{} {route}", asked.method);
    let operation = &document["paths"][route][asked.method.to_lowercase()];
    assert!(operation.is_object(), "{what} is not in the document");
    let none = Vec::new();
    let parameters: Vec<&Value> = operation["parameters"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .map(|it| resolved(document, it))
        .collect();
    let named = |place: &str| -> Vec<(String, bool)> {
        let here = parameters.iter().filter(|it| it["in"] == place);
        here.map(|it| (it["name"].as_str().unwrap().to_lowercase(), it["required"] == true))
            .collect()
    };
    for (name, _) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        assert!(named("query").iter().any(|(it, _)| it == name), "{what} has no {name}");
    }
    let http =
        ["host", "accept", "user-agent", "content-length", "content-type", "accept-encoding"];
    for name in asked.headers.keys() {
        let known = named("header").iter().any(|(it, _)| it == name);
        assert!(known || http.contains(&name.as_str()), "{what} has no header {name}");
    }
    for (name, required) in named("header") {
        assert!(!required || asked.headers.contains_key(&name), "{what} needs {name}");
    }
    let body = resolved(document, &operation["requestBody"]);
    if asked.body.is_empty() {
        assert!(!asked.headers.contains_key("content-type"), "{what}");
    } else {
        let kind = &asked.headers["content-type"];
        let schema = &body["content"][kind]["schema"];
        assert!(schema.is_object(), "{what} takes no {kind}");
        // Exported settings: the document types the file as a text, and shows an object.
        if kind == "application/json" && route != "/admin/import" {
            holds(document, schema, &serde_json::from_slice(&asked.body).unwrap(), &what);
        }
    }
    let Some((status, answer)) = &asked.answer else { return true };
    let response = resolved(document, &operation["responses"][status.to_string()]);
    assert!(response.is_object(), "{what} has no answer {status}");
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_object() && schema["format"] != "file" && schema["format"] != "json" {
        holds(document, schema, &serde_json::from_slice(answer).unwrap(), &what);
    }
    true
}

#[test]
fn every_request_and_every_answer_is_one_of_the_document() {
    let document = document();
    let mut routes = std::collections::BTreeSet::new();
    let mut count = 0;
    for (now, desired, offline, archive) in [
        (["unlicensed", "unlicensed"], ["production", "backup"], false, false),
        (["unlicensed", "unlicensed"], ["production", "backup"], true, false),
        (["production", "backup"], ["backup", "production"], false, true),
        (["production", "backup"], ["backup", "production"], true, false),
    ] {
        let bed = Bed::new(&now, &desired);
        if offline {
            bed.offline();
        }
        if archive {
            bed.site.edit("[standby]\n", "[standby]\nsettings-password = { file = \"archive\" }\n");
        }
        bed.run(&["apply", "--yes"]).ended(0);
        let state = bed.cores.state();
        // The licence server is in no document of this kind.
        for asked in state.log.iter().filter(|it| it.core < 2) {
            assert!(is_documented(&document, asked));
            routes.insert(format!("{} {}", asked.method, asked.path.split('?').next().unwrap()));
            count += 1;
        }
    }
    // All that mdc can send.
    assert_eq!(
        routes.into_iter().collect::<Vec<_>>(),
        [
            "DELETE /admin/license/backup",
            "GET /admin/export",
            "GET /admin/export/v2",
            "GET /admin/license",
            "GET /admin/license/backup",
            "GET /readyz",
            "GET /stat/engines",
            "GET /version",
            "POST /admin/import",
            "POST /admin/import/v2",
            "POST /admin/license",
            "POST /admin/license/activation",
            "POST /admin/license/backup",
            "POST /admin/license/backup/nomination",
            "POST /login",
            "POST /logout",
        ]
    );
    assert!(count > 50);
}

/// Every error that the document has for a route of a move is understood as one: nothing is moved, or it
/// is seen that nothing was.
#[test]
fn every_documented_error_of_a_move_is_told() {
    let document = document();
    for (route, desired) in [
        ("/admin/license/backup/nomination", ["backup", "production"]),
        ("/admin/license/backup", ["production", "backup"]),
    ] {
        let operation = &document["paths"][route]["post"]["responses"];
        for status in operation.as_object().unwrap().keys().filter(|it| *it != "200") {
            let now = if desired[0] == "backup" { "backup" } else { "unlicensed" };
            let bed = Bed::new(&["production", now], &desired);
            let mut state = bed.cores.state();
            state.cores[1].settings = state.cores[0].settings.clone();
            let on = if now == "backup" {
                "POST /admin/license/backup/nomination"
            } else {
                "POST /admin/license/backup"
            };
            let fault = crate::stand_in::Fault::Status(status.parse().unwrap());
            state.faults.push((on, fault, 2));
            drop(state);
            bed.site.mdc(&["apply", "--yes"]).ended(1).tells(&[&format!("it answers {status}")]);
            assert_eq!(bed.cores.roles(), ["production", now]);
        }
    }
}

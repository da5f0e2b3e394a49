//! Requests of mdc and answers of the stand-in, held against the vendor's document of MD Core 5.6.1.

use std::collections::BTreeSet;

use mdc::cores::Depth;
use mdc::standby::Role;
use serde_json::Value;

use crate::bed::Bed;
use crate::sessions::cores;
use crate::stand_in::{Asked, Fault};

/// The routes of licences, settings, sessions and states, with all that they refer to, out of the
/// vendor's document; without its descriptions.
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

/// All that mdc can send.
const SENT: [&str; 16] = [
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
];

#[test]
fn every_request_and_every_answer_is_one_of_the_document() {
    let document = document();
    let mut routes = BTreeSet::new();
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
    assert_eq!(routes.into_iter().collect::<Vec<_>>(), SENT);
    assert!(count > 50);
}

/// What leads to a request.
struct Scene {
    now: [&'static str; 2],
    desired: [&'static str; 2],
    offline: bool,
    archive: bool,
}

impl Scene {
    fn bed(&self) -> Bed {
        let bed = Bed::new(&self.now, &self.desired);
        if self.offline {
            bed.offline();
        }
        if self.archive {
            bed.site.edit("[standby]\n", "[standby]\nsettings-password = { file = \"archive\" }\n");
        }
        bed
    }
}

const FIRST: Scene = Scene {
    now: ["unlicensed", "unlicensed"],
    desired: ["production", "backup"],
    offline: false,
    archive: false,
};
const OFFLINE: Scene = Scene { offline: true, ..FIRST };
const TAKEOVER: Scene = Scene {
    now: ["production", "backup"],
    desired: ["backup", "production"],
    offline: false,
    archive: true,
};
const REMOVAL: Scene = Scene { desired: ["production", "unlicensed"], ..TAKEOVER };

/// Where mdc uses an operation of the document.
fn scene(operation: &str) -> Scene {
    match operation {
        "DELETE /admin/license/backup" => REMOVAL,
        "POST /admin/license" => OFFLINE,
        "GET /admin/export"
        | "GET /admin/license"
        | "GET /admin/license/backup"
        | "POST /admin/import"
        | "POST /admin/license/activation"
        | "POST /admin/license/backup"
        | "POST /login"
        | "POST /logout" => FIRST,
        _ => TAKEOVER,
    }
}

/// All operations of the document, as `METHOD path`, with each answer that it has for them.
fn answers(document: &Value) -> Vec<(String, u16, Vec<String>)> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &resolved(document, response)["content"]["application/json"];
                let bodies = match &content["example"] {
                    Value::Null => shown(document, &content["schema"]),
                    example => vec![example.clone()],
                };
                let text = |it: Value| match it {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                let what = format!("{} {path}", method.to_uppercase());
                let bodies = bodies.into_iter().map(text).collect();
                all.push((what, status.parse().unwrap(), bodies));
            }
        }
    }
    all
}

/// What a schema shows by its examples: for each value that it lists, one of them.
fn shown(document: &Value, schema: &Value) -> Vec<Value> {
    let schema = resolved(document, schema);
    if let Some(values) = schema["enum"].as_array() {
        return values.clone();
    }
    if schema["type"] == "boolean" {
        return vec![true.into(), false.into()];
    }
    if !schema["example"].is_null() {
        return vec![schema["example"].clone()];
    }
    match schema["type"].as_str() {
        Some("object") => {
            let none = serde_json::Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&none).iter();
            let of = |(name, it): (&String, &Value)| (name.clone(), shown(document, it));
            let values: Vec<(String, Vec<Value>)> = properties.map(of).collect();
            let first =
                values.iter().filter_map(|(name, it)| Some((name.clone(), it.first()?.clone())));
            let first = Value::Object(first.collect());
            let mut all = vec![first.clone()];
            for (name, values) in &values {
                for value in values.iter().skip(1) {
                    let mut other = first.clone();
                    other[name] = value.clone();
                    all.push(other);
                }
            }
            all
        }
        Some("array") => {
            let items = shown(document, &schema["items"]).into_iter();
            items.map(|item| Value::Array(vec![item])).collect()
        }
        Some("string") => vec!["a text".into()],
        Some("integer") => vec![1.into()],
        _ => Vec::new(),
    }
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn times_sent(bed: &Bed, on: &str) -> usize {
    let is_it = |it: &&Asked| format!("{} {}", it.method, it.path.split('?').next().unwrap()) == on;
    bed.cores.state().log.iter().filter(is_it).count()
}

/// What moves something.
fn moves(on: &str) -> bool {
    !on.starts_with("GET") && !on.contains("/log")
}

/// Every error that the document has, in its own words, is understood as one: what moves something is sent once,
/// and nothing is taken for done by it.
#[test]
fn every_documented_error_is_told() {
    let document = document();
    let mut count = 0;
    for (on, status, bodies) in answers(&document) {
        // The settings are the same: that is none.
        if [200, 304].contains(&status) {
            continue;
        }
        let bodies = if bodies.is_empty() { vec![String::new()] } else { bodies };
        for body in bodies {
            let bed = scene(&on).bed();
            let words = serde_json::from_str::<Value>(&body).unwrap_or_default();
            let fault = Fault::Says(status, leaked(body));
            let exactly = leaked(format!("{on}$"));
            bed.cores.state().faults.push((exactly, fault, usize::MAX));
            let ran = bed.site.mdc(&["apply", "--yes"]);
            let what = format!("{on} {status} {words}: {}", ran.said);
            let flat = ran.said.split_whitespace().collect::<Vec<_>>().join(" ");
            // Who wants to leave is not held up.
            let leaves = on == "POST /logout";
            assert_eq!(ran.status, Some(i32::from(!leaves)), "{what}");
            assert!(leaves || flat.contains(&format!("it answers {status}")), "{what}");
            let details = &words["err_details"]["errors"][0];
            for said in [&words["err"], &details["error"], &details["key"]] {
                assert!(leaves || flat.contains(said.as_str().unwrap_or("")), "{said} {what}");
            }
            assert!(!moves(&on) || times_sent(&bed, &on) == 1, "{what}");
            bed.cores.state().cores.iter_mut().for_each(|core| core.sessions.clear());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// The document's own yes, from an instance that does nothing: nothing is taken for done by it.
#[test]
fn every_documented_yes_is_looked_after() {
    let document = document();
    let mut count = 0;
    for (on, status, bodies) in answers(&document) {
        if ![200, 304].contains(&status) || !moves(&on) {
            continue;
        }
        for body in bodies {
            let bed = scene(&on).bed();
            let what = format!("{on} {status} {body}");
            let fault = Fault::Says(status, leaked(body));
            bed.cores.state().faults.push((leaked(format!("{on}$")), fault, usize::MAX));
            let ran = bed.run(&["apply", "--yes"]).ended(1);
            let is_seen = ["last seen: it is", "last seen: its settings are", "did not succeed"];
            assert!(is_seen.iter().any(|it| ran.said.contains(it)), "{what}: {}", ran.said);
            assert_eq!(times_sent(&bed, &on), 1, "{what}");
            // A yes is not asked for again, but settings, which do no harm twice; a no is.
            bed.cores.state().faults.clear();
            let again = bed.run(&["resume", "--yes"]);
            let is_asked = on.contains("import") || ran.said.contains("did not succeed");
            assert_eq!(again.status, Some(i32::from(!is_asked)), "{what}: {}", again.said);
            assert_eq!(times_sent(&bed, &on), 1 + usize::from(is_asked), "{what}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

/// Cut before or after any request that mdc can send, or answered by a proxy's page: going on comes to the same
/// end, and what was done is not asked for again.
#[test]
fn what_is_cut_or_answered_by_somebody_else_is_gone_on_from() {
    let handover = || Scene { offline: true, archive: false, ..TAKEOVER };
    let all = SENT.map(|on| (on, scene(on))).into_iter();
    for (on, scene) in all.chain([("GET /deactivation", handover())]) {
        for (fault, most) in [(Fault::CutBefore, 2), (Fault::CutAfter, 1), (Fault::Html, 2)] {
            let bed = scene.bed();
            bed.cores.state().faults.push((leaked(format!("{on}$")), fault, 1));
            let mut tries = (0..3).map(|_| bed.site.mdc(&["apply", "--yes"]));
            let what = format!("{fault:?} {on}");
            assert!(tries.any(|ran| ran.status == Some(0)), "{what}");
            if matches!(fault, Fault::Html) {
                // What could not be asked for was not planned, and that was told.
                bed.site.mdc(&["apply", "--yes"]).ended(0);
            }
            assert_eq!(bed.cores.roles(), scene.desired, "{what}");
            let moves = moves(on) || on.ends_with("deactivation");
            assert!(!moves || times_sent(&bed, on) <= most, "{what}");
            // A login whose answer was lost can't be ended.
            bed.cores.state().cores.iter_mut().for_each(|core| core.sessions.clear());
            bed.is_done();
        }
    }
}

/// Every answer to a question that the document shows makes sense, with every value that it lists.
#[test]
fn every_documented_answer_to_a_question_is_understood() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (on, status, bodies) in answers(&document) {
        let asks = on.starts_with("GET") && on != "GET /admin/export/v2";
        // The example of an export is cut off in the middle.
        for body in bodies.into_iter().filter(|it| asks && status == 200 && !it.contains("...")) {
            let bed = Bed::new(&["production", "backup"], &["production", "backup"]);
            let fault = Fault::Says(200, leaked(body.clone()));
            bed.cores.state().faults.push((leaked(format!("{on}$")), fault, usize::MAX));
            let cores = cores(&bed);
            let facts = cores.observe(&"core-b".parse().unwrap(), Depth::Whole).unwrap();
            assert!(facts.unanswered.is_empty(), "{on} {body}: {facts:?}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let ready = facts.not_ready(None).is_empty();
            match on.as_str() {
                "GET /admin/license/backup" => {
                    assert_eq!(facts.role == Role::Backup, body["is_backup"] == true);
                }
                "GET /admin/license" => {
                    assert_eq!(facts.deployment, body["deployment"].as_str().unwrap());
                    assert_eq!(facts.online, body["online_activated"].as_bool());
                    assert_eq!(facts.days_left, body["days_left"].as_i64());
                }
                "GET /version" => assert_eq!(facts.version, "5.6.1"),
                "GET /stat/engines" => {
                    let state = body[0]["state"].as_str().unwrap();
                    assert_eq!(ready, ["production", "removed"].contains(&state), "{state}");
                }
                "GET /readyz" => {
                    assert_eq!(ready, body["database"]["status"] == true, "{body}");
                }
                other => panic!("{other} is not looked at"),
            }
            seen.insert(on.clone());
        }
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

/// The document here has what mdc uses and nothing else, so that none of the above is left out.
#[test]
fn the_document_has_what_is_sent() {
    let document = document();
    let all: BTreeSet<String> = answers(&document).into_iter().map(|(on, ..)| on).collect();
    assert_eq!(all.iter().map(String::as_str).collect::<Vec<_>>(), SENT);
}

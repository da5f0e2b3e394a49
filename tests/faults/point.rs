//! Every command of every step: where something can go wrong.

use serde_json::Value;

use crate::site::Site;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) host: String,
    /// Under which key the simulated host keeps the command's faults.
    pub(crate) key: String,
    /// Whether it is a job, apart from the connection.
    pub(crate) is_job: bool,
    /// Whether it changes the host.
    pub(crate) changes: bool,
}

/// All commands of the plan that takes the quickstart from release A to B.
pub(crate) fn all(site: &Site) -> Vec<Point> {
    let plan = site.plan();
    let mut points = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        for command in step["commands"].as_array().unwrap() {
            let Some(point) = of(step["host"].as_str().unwrap(), &command["task"]) else {
                continue;
            };
            // Two steps on one host may look for the same thing: the first meets the fault.
            if !points.contains(&point) {
                points.push(point);
            }
        }
    }
    points
}

/// The commands of each step of a plan that change its host.
pub(crate) fn by_step(plan: &Value) -> Vec<(String, Vec<Point>)> {
    let steps = plan["steps"].as_array().unwrap().iter().map(|step| {
        let host = step["host"].as_str().unwrap();
        let commands = step["commands"].as_array().unwrap();
        let points = commands.iter().filter_map(|command| of(host, &command["task"]));
        (step["id"].as_str().unwrap().to_owned(), points.filter(|it| it.changes).collect())
    });
    steps.collect()
}

/// None for what is asked of many hosts, by their own checks.
fn of(host: &str, task: &Value) -> Option<Point> {
    let (kind, task) = task.as_object().unwrap().iter().next().unwrap();
    let text = |key: &str| task[key].as_str().unwrap().to_owned();
    let (word, what, is_job, changes) = match kind.as_str() {
        "find-file" => ("find", text("path"), false, false),
        "receive-file" => ("receive", text("path"), false, true),
        "relay" => {
            let (kind, task) = task.as_object().unwrap().iter().next().unwrap();
            let word = kind.trim_end_matches("-file");
            (word, task["path"].as_str().unwrap().to_owned(), false, true)
        }
        "check-file" => ("check-file", text("path"), false, false),
        "fetch" => ("fetch", text("package"), true, true),
        "rehearse" => ("rehearse", text("package"), false, false),
        "install-file" | "install-from-repository" => ("install", text("package"), true, true),
        "start-unit" => ("start", text("unit"), true, true),
        "check-version" => ("check-version", text("package"), false, false),
        "check-unit" => ("check-unit", text("unit"), false, false),
        "await-health" => ("await-health", text("unit"), true, false),
        "back-up" => ("back-up", text("component"), true, true),
        "prepare" => ("prepare", format!("{}/{}", text("unit"), text("say")), true, true),
        "finish" => ("finish", format!("{}/{}", text("unit"), text("say")), true, true),
        "reboot-due" | "note-boot" | "await-boot" => (kind.as_str(), String::new(), false, false),
        "reboot" => ("reboot", String::new(), true, true),
        "isolate" => ("isolate", text("unit"), true, true),
        "restore" => ("restore", text("unit"), true, true),
        "hand-over" => ("hand-over", text("unit"), true, true),
        "check-role" => ("check-role", text("unit"), false, false),
        "move-data" => ("move-data", format!("{}/{}", text("unit"), text("say")), true, true),
        "drop-kept" => ("drop-kept", format!("{}/{}", text("unit"), text("say")), true, true),
        "check-gone" => ("check-gone", text("unit"), false, false),
        "check-data" => ("check-data", text("unit"), false, false),
        "note" => ("note", format!("{}/{}", text("unit"), text("what")), false, false),
        "compare" => ("compare", format!("{}/{}", text("unit"), text("what")), false, false),
        "prove-backup" => ("prove-backup", text("component"), true, false),
        "await-idle" => ("await-idle", text("unit"), false, false),
        "await-healthy" | "await-all-idle" | "await-history" | "await-reach" | "mark-logs"
        | "read-logs" => {
            return None;
        }
        other => panic!("{other} is a new kind of command"),
    };
    Some(Point {
        host: host.to_owned(),
        key: if what.is_empty() { word.to_owned() } else { format!("{word}:{what}") },
        is_job,
        changes,
    })
}

//! Services of the cluster and of its controllers that take a key or a password: the API Gateway, its record
//! of scans, Control Center, the database with the record of runs.

use std::fs;

use crate::center;
use crate::commands::{ALL, but};
use crate::echo::Echo;
use crate::scene::{Scene, secret, value};

const SCAN: &str = "ScanText.api-key";
const HISTORY: &str = "HistoryText.api-key";
const STATE: &str = "ClusterText.state.password";
const CENTER: &str = "CenterText.password";
const UNASKED: &str = "submissions = { unasked = \"nobody submits files to simulated hosts\" }";

fn scanned(gateway: &Echo) -> Scene {
    let table = format!(
        "\n[scan]\nurl = \"http://127.0.0.1:{}\"\napi-key = {}\nwithin = \"20s\"\n",
        gateway.port,
        secret(SCAN)
    );
    Scene::of("quickstart", |text| text + &table).with(SCAN)
}

fn counted(gateway: &Echo) -> Scene {
    let table = format!(
        "[gates.history]\nurl = \"http://127.0.0.1:{}\"\npath = \"/scans\"\npointer = \"/total\"\n\
         api-key = {}\n\n[gates.idle]",
        gateway.port,
        secret(HISTORY)
    );
    let change = |text: String| {
        let text = text.replace(UNASKED, "").replace("[gates.idle]", &table);
        text.replace("every = \"1ms\"", "every = \"10ms\"\nwithin = \"300ms\"")
    };
    Scene::of("quickstart", change).with(HISTORY)
}

fn recorded(database: &Echo) -> Scene {
    let state = format!(
        "[cluster]\nstate = {{ postgres = \"postgresql://mdc@127.0.0.1:{}/mdc\", password = {} }}\n",
        database.port,
        secret(STATE)
    );
    Scene::of("quickstart", |text| text.replace("[cluster]\n", &state)).with(STATE)
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn scan() -> Option<Scene> {
    Some(scanned(&Echo::web()))
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn history() -> Option<Scene> {
    Some(counted(&Echo::web()))
}

#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn database() -> Option<Scene> {
    Some(recorded(&Echo::database()))
}

/// The quickstart, whose Workers and Cores are changed by a stand-in, by the example's routes.
#[expect(clippy::unnecessary_wraps, reason = "others can't be had everywhere")]
pub(crate) fn center() -> Option<Scene> {
    let scene = Scene::of("quickstart", |text| text);
    let center = center::StandIn::new(scene.folder.join(".mdc/fleet"));
    let driver = "driver = \"control-center\"\n";
    let tables = format!(
        "[control-center]\nurl = \"http://127.0.0.1:{}\"\nuser = \"admin\"\npassword = {}\n\
         routes = \"routes.toml\"\n\n[components.worker]\n{driver}\n[components.md-core]\n{driver}",
        center.port,
        secret(CENTER)
    );
    let path = scene.folder.join("mdc.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("[components.md-core]\n", &tables)).unwrap();
    let routes = scene.folder.join("../control-center/control-center-routes.toml");
    let routes = fs::read_to_string(routes).unwrap().replace("every = \"5s\"", "every = \"10ms\"");
    fs::write(scene.folder.join("routes.toml"), routes).unwrap();
    Some(scene.with_value(CENTER, center::PASSWORD))
}

#[test]
fn the_key_for_scans_is_seen_nowhere() {
    let gateway = Echo::web();
    let scene = scanned(&gateway);
    let said = scene.leaks_nothing(&but(&[("apply", 1), ("resume", 1), ("rollback", 0)]));
    assert!(said[3].contains("Test scan"), "{}", said[3]);
    assert!(said[12].contains("answers 403"), "{}", said[12]);
    gateway.was_told(&value(SCAN));
}

#[test]
fn the_key_for_what_is_in_progress_is_seen_nowhere() {
    let gateway = Echo::web();
    let scene = counted(&gateway);
    let said = scene.leaks_nothing(&but(&[("apply", 1), ("resume", 1), ("rollback", 0)]));
    assert!(said[12].contains("answers 403"), "{}", said[12]);
    gateway.was_told(&value(HISTORY));
}

/// What asks for the record of runs.
const REFUSED: [(&str, i32); 6] =
    [("apply", 1), ("resume", 1), ("status", 1), ("history", 1), ("report", 1), ("rollback", 1)];

#[test]
fn the_password_of_the_record_is_seen_nowhere() {
    let database = Echo::database();
    let scene = recorded(&database);
    let said = scene.leaks_nothing(&but(&REFUSED));
    assert!(said[12].contains("password authentication failed"), "{}", said[12]);
    database.was_told(&value(STATE));
}

#[test]
fn the_password_of_control_center_is_seen_nowhere() {
    let scene = center().unwrap();
    let said = scene.leaks_nothing(&ALL);
    assert!(said[12].contains("Complete"), "{}", said[12]);
}

//! Chromium without a window, driven over HTTP (W3C, "Web Driver") by chromedriver, which each browser
//! starts for itself.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
}

/// A key that has no character (W3C, "Web Driver", keyboard actions).
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

impl Browser {
    /// None, said plainly, where there is no Chromium.
    pub(crate) fn start(what: &str) -> Option<Self> {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let Ok(mut driver) = driver else {
            let why = "there is no chromedriver; install chromium and chromium-driver";
            writeln!(std::io::stderr(), "SKIPPED {what}: {why}").unwrap();
            return None;
        };
        let said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let mut ports = said.map_while(Result::ok).filter_map(|line| {
            line.split_once("started successfully on port ")
                .map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let port = ports.next().expect("chromedriver names its port");
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent = config.build().new_agent();
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, agent, session };
        let options = json!({ "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
        let asked = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } } } });
        let answer = browser.post("", &asked);
        browser.session =
            format!("{}/{}", browser.session, answer["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let sent = self.agent.post(&url).header("Content-Type", "application/json");
        let mut answer = sent.send(body.to_string()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["value"].take()
    }

    pub(crate) fn open(&self, page: &Path, fragment: &str) {
        // Another page first: else a new fragment would not load it anew.
        self.post("/url", &json!({ "url": "about:blank" }));
        let failed =
            self.post("/url", &json!({ "url": format!("file://{}{fragment}", page.display()) }));
        assert!(failed.is_null(), "{failed}");
    }

    /// What a script returns that runs in the page; it may wait for something.
    pub(crate) fn run(&self, script: &str) -> Value {
        let waiting = format!("return (async () => {{ {script} }})()");
        let value = self.post("/execute/sync", &json!({ "script": waiting, "args": [] }));
        assert!(value.get("error").is_none(), "{script}: {value}");
        value
    }

    /// Presses keys, one after the other.
    pub(crate) fn press(&self, keys: &[&str]) {
        let presses: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": presses }] });
        assert!(self.post("/actions", &actions).is_null());
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        let asked = json!({ "cmd": command, "params": parameters });
        let answer = self.post("/goog/cdp/execute", &asked);
        assert!(answer.get("error").is_none(), "{command}: {answer}");
    }

    /// What the reader prefers: `light` or `dark`.
    pub(crate) fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// What the page is for: `screen` or `print`.
    pub(crate) fn medium(&self, medium: &str) {
        self.devtools("Emulation.setEmulatedMedia", &json!({ "media": medium }));
    }

    pub(crate) fn without_scripts(&self, without: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": without }));
    }

    pub(crate) fn width(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Whatever the browser had to say of the page, errors and refused things among it.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let said = self.post("/se/log", &json!({ "type": "browser" }));
        said.as_array().unwrap().iter().map(|line| line["message"].to_string()).collect()
    }

    /// Whether a dialog is open.
    pub(crate) fn asks(&self) -> bool {
        let url = format!("{}/alert/text", self.session);
        self.agent.get(&url).call().unwrap().status() == 200
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

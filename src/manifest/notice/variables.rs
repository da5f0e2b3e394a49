//! What the templates of notices can use.

use serde::Serialize;

/// The variables of a notice. A text is empty, and a list too, where there is nothing to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Variables {
    /// The same for the same notice of the same run, also when it is sent twice.
    pub id: String,
    /// The notice's name.
    pub notice: String,
    /// The cluster's name.
    pub site: String,
    /// What the cluster is for.
    pub environment: String,
    /// The release that the plan leads to.
    pub release: String,
    /// `before`, `start`, `end`, `failure`, `test`.
    pub event: String,
    /// `live`, `critical`.
    pub stage: String,
    /// What happens, as a sentence without a full stop.
    pub what: String,
    /// What users notice meanwhile, one line each; empty at the end.
    pub impact: Vec<String>,
    /// How long the stage should take: `12m`; empty at the end and after a failure.
    pub duration: String,
    /// The beginning of the plan's seal.
    pub plan: String,
    /// The plan's seal.
    pub seal: String,
    /// The run's id.
    pub run: String,
    /// Hosts that the stage changes.
    pub hosts: usize,
    /// Changes that the stage has.
    pub steps: usize,
    /// Of these, done.
    pub done: usize,
    /// Of these, failed.
    pub failed: usize,
    /// Of these, neither done nor failed.
    pub left: usize,
    /// The step that failed first.
    pub failed_step: String,
    /// Why it failed.
    pub reason: String,
    /// What to do next, after a failure.
    pub next: String,
}

impl Variables {
    /// Some that nothing has happened of, for trying templates: with all that makes trouble in them.
    #[must_use]
    pub fn example(notice: &str, event: &str) -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            id: text("0123456789abcdef"),
            notice: text(notice),
            site: text("example"),
            environment: text("staging"),
            release: text("2.9.0"),
            event: text(event),
            stage: text("live"),
            what: text("stage 1 (live) is \"only\" an example"),
            impact: vec![text("no \"new\" files\nare accepted"), text("the console is away")],
            duration: text("12m"),
            plan: text("0123456789ab"),
            seal: text("0123456789abcdef"),
            run: text("20260101T000000000Z-01234567"),
            hosts: 2,
            steps: 3,
            done: 1,
            failed: 1,
            left: 1,
            failed_step: text("core-01/md-core/upgrade"),
            reason: text("install md-core: exit status 100: \"E: broken\"\n\\ and more"),
            next: text("mdc resume mdc.toml"),
        }
    }
}

/// The names of the variables.
#[must_use]
pub fn names() -> Vec<String> {
    let example = serde_json::to_value(Variables::default()).unwrap_or_default();
    example.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

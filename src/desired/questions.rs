//! What a component is asked on its own host.

use super::Probe;
use crate::catalog::{Component, Drain, Health, Procedure, health};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::source::listed;

/// What is asked of a component on its host, with its ports filled in.
#[derive(Debug, Clone)]
pub(super) struct Questions {
    pub(super) health: Probe,
    pub(super) idle: Option<String>,
    pub(super) drain: Option<Drain>,
    pub(super) procedure: Procedure,
}

impl Questions {
    /// What the component is asked, with its ports filled in.
    pub(super) fn of(component: &Component, manifest: &Manifest) -> Result<Self, Box<Diagnostic>> {
        let probe = match &component.health {
            Health::Http(url) => health::fill(url, &component.ports).map(Probe::Http),
            Health::Command(line) => health::fill(line, &component.ports).map(Probe::Command),
        };
        let fill = |line: &String| health::fill(line, &component.ports);
        let idle = component.idle.as_ref().map(fill);
        let drain = component.rolling.drain.as_ref().map(|drain| {
            let (isolate, restore) = (fill(&drain.isolate)?, fill(&drain.restore)?);
            Ok::<_, String>(Drain { isolate, restore, within: drain.within })
        });
        let unfit = |what: &str, wrong: &str| {
            let message = format!("the {what} of `{}` can't be made: {wrong}", component.name);
            let ports = listed(component.ports.keys().map(String::as_str));
            let problem = Diagnostic::new(Code::Template, message)
                .help(format!("the declared ports are {ports}; use them as `{{{{ports.NAME}}}}`"));
            Box::new(match manifest.components.get(&component.name) {
                Some(over) => {
                    problem.at(Label::new(&manifest.source, over.span.clone(), "overridden here"))
                }
                None => problem,
            })
        };
        if let Some(wrong) = component.logs.wrong() {
            return Err(unfit("question for its logs", &wrong));
        }
        Ok(Self {
            health: probe.map_err(|wrong| unfit("health probe", &wrong))?,
            idle: idle
                .transpose()
                .map_err(|wrong| unfit("question for what is left to do", &wrong))?,
            drain: drain.transpose().map_err(|wrong| unfit("draining", &wrong))?,
            procedure: component
                .procedure
                .filled(&component.ports)
                .map_err(|wrong| unfit("procedure", &wrong))?,
        })
    }
}

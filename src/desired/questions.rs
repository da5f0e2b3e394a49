//! What a component is asked on its own host.

use super::{Probe, Resource};
use crate::catalog::{Component, Drain, Format, Health, Procedure, health};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Manifest;
use crate::source::listed;

/// What is asked of a component on its host, with its ports filled in.
#[derive(Debug, Clone)]
pub(super) struct Questions {
    elsewhere: Asked,
    on_windows: Asked,
}

/// The same for hosts of one kind.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) health: Probe,
    pub(super) idle: Option<String>,
    pub(super) drain: Option<Drain>,
    pub(super) procedure: Procedure,
}

impl Questions {
    /// What the component is asked, with its ports filled in.
    pub(super) fn of(component: &Component, manifest: &Manifest) -> Result<Self, Box<Diagnostic>> {
        let windows = &component.windows;
        let probe = |health: &Health| match health {
            Health::Http(url) => health::fill(url, &component.ports).map(Probe::Http),
            Health::Command(line) => health::fill(line, &component.ports).map(Probe::Command),
        };
        let fill = |line: &String| health::fill(line, &component.ports);
        let drained = |drain: &Option<Drain>| {
            let drain = drain.as_ref().map(|drain| {
                let (isolate, restore) = (fill(&drain.isolate)?, fill(&drain.restore)?);
                Ok::<_, String>(Drain { isolate, restore, within: drain.within })
            });
            drain.transpose()
        };
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
        let asked = |health: &Health, idle: &Option<String>, drain: &Option<Drain>| {
            Ok::<_, Box<Diagnostic>>(Asked {
                health: probe(health).map_err(|wrong| unfit("health probe", &wrong))?,
                idle: idle
                    .as_ref()
                    .map(fill)
                    .transpose()
                    .map_err(|wrong| unfit("question for what is left to do", &wrong))?,
                drain: drained(drain).map_err(|wrong| unfit("draining", &wrong))?,
                procedure: Procedure::default(),
            })
        };
        let procedure = component.procedure.filled(&component.ports);
        let elsewhere = Asked {
            procedure: procedure.map_err(|wrong| unfit("procedure", &wrong))?,
            ..asked(&component.health, &component.idle, &component.rolling.drain)?
        };
        let health = windows.health.as_ref().unwrap_or(&component.health);
        let procedure = windows.procedure.clone().unwrap_or_default().filled(&component.ports);
        let on_windows = Asked {
            procedure: procedure.map_err(|wrong| unfit("procedure on Windows", &wrong))?,
            ..asked(health, &windows.idle, &windows.drain)?
        };
        Ok(Self { elsewhere, on_windows })
    }

    /// What is asked on hosts with packages of `format`.
    pub(super) fn on(&self, format: Format) -> Asked {
        if format == Format::Msi { self.on_windows.clone() } else { self.elsewhere.clone() }
    }

    /// What is asked of a resource.
    pub(super) fn of_resource(resource: &Resource) -> Self {
        let Resource { health, idle, drain, procedure, .. } = resource.clone();
        let asked = Asked { health, idle, drain, procedure };
        Self { elsewhere: asked.clone(), on_windows: asked }
    }
}

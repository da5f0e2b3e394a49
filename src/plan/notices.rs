//! Notices as steps of the plan: before a stage, at its start and at its end. They change nothing and
//! run on the controller. Failures are told when they have happened: of them the plan only says who
//! will be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Step;
use crate::address::{ComponentName, HostName};
use crate::catalog::Stage;
use crate::diff::{Action, Reason};
use crate::manifest::Moment;
use crate::transport::Command;
use crate::value::Period;

/// By this name the controller stands in the ids of steps.
const CONTROLLER: &str = "controller";
/// What telling people should take: a guess.
const FORECAST: Period = Period::seconds(2);

/// People who are told of what the plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notice {
    /// By which name the manifest calls it.
    pub name: ComponentName,
    /// When.
    pub on: BTreeSet<Moment>,
    /// Of which stages.
    pub stages: BTreeSet<Stage>,
    /// How, and by which words.
    pub tells: Command,
}

impl Notice {
    /// Who is told, when and how.
    pub(super) fn of(notice: &crate::desired::Notice) -> Self {
        let of = &notice.of;
        Self {
            name: of.name.clone(),
            on: of.on.clone(),
            stages: of.stages.clone(),
            tells: crate::step::tell(notice),
        }
    }

    /// Whether these people are told of this.
    #[must_use]
    pub fn tells_of(&self, moment: Moment, stage: Stage) -> bool {
        self.on.contains(&moment) && self.stages.contains(&stage)
    }
}

impl Step {
    /// Whether it changes what runs. All else is there for a step that does.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        let backs_up = matches!(self.action, Action::BackUp);
        !backs_up && !self.action.only_copies() && !self.action.is_gate()
    }
}

/// Puts the steps that tell people before, at the start and at the end of each stage.
pub(super) fn put(steps: &mut Vec<Step>, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    let Ok(controller) = CONTROLLER.parse::<HostName>() else { return };
    let mut stages: Vec<Stage> = Vec::new();
    for step in steps.iter().filter(|step| step.is_change()) {
        if !stages.contains(&step.stage) {
            stages.push(step.stage);
        }
    }
    let last = stages.last().copied();
    let mut earlier = Vec::new();
    for stage in stages.iter().copied() {
        let mut teller = Teller { controller: &controller, notices, stage, steps };
        teller.start(&earlier);
        earlier = teller.end(last == Some(stage));
    }
    // The last one first: each is put before all that is there.
    for stage in stages.into_iter().rev() {
        Teller { controller: &controller, notices, stage, steps }.before();
    }
}

struct Teller<'a> {
    controller: &'a HostName,
    notices: &'a [Notice],
    stage: Stage,
    steps: &'a mut Vec<Step>,
}

impl Teller<'_> {
    /// The steps that tell of `moment`, to stand at `place`.
    fn made(&self, moment: Moment, place: usize, after: &[Arc<str>]) -> Vec<Step> {
        let Some(there) = self.steps.get(place).or(self.steps.last()) else { return Vec::new() };
        let wave = if place < self.steps.len() { there.wave } else { there.wave + 1 };
        let told = self.notices.iter().filter(|notice| notice.tells_of(moment, self.stage));
        told.filter_map(|notice| {
            let action = Action::telling(moment)?;
            let stage = match self.stage {
                Stage::Live => "live",
                Stage::Critical => "critical",
            };
            let commands = [notice.tells.clone()].into();
            let step = Step::bare((self.controller, &notice.name), action, &there.to, commands);
            Some(Step {
                id: format!("{}-{stage}", step.id).into(),
                stage: self.stage,
                wave,
                after: after.to_vec(),
                reasons: vec![Reason::TellsPeople],
                forecast: FORECAST,
                ..step
            })
        })
        .collect()
    }

    /// Puts `told` at `place`; all that stands behind it is one wave later.
    fn insert(&mut self, place: usize, told: Vec<Step>) -> Vec<Arc<str>> {
        let ids = told.iter().map(|step| Arc::clone(&step.id)).collect();
        if !told.is_empty() {
            self.steps.iter_mut().skip(place).for_each(|step| step.wave += 1);
            self.steps.splice(place..place, told);
        }
        ids
    }

    fn before(&mut self) {
        let told = self.made(Moment::Before, 0, &[]);
        let ids = self.insert(0, told);
        let stage = self.stage;
        // Who is told of both is told of the one after the other.
        let starts = |step: &Step| step.action == Action::TellStart;
        let waits = |step: &&mut Step| step.stage == stage && (step.is_change() || starts(step));
        for step in self.steps.iter_mut().filter(waits) {
            step.after.extend(ids.iter().cloned());
        }
    }

    /// Right before the first change of the stage; `earlier` tells of the end of the stage before.
    fn start(&mut self, earlier: &[Arc<str>]) {
        let Some(first) =
            self.steps.iter().position(|step| step.stage == self.stage && step.is_change())
        else {
            return;
        };
        // On the way back stages may overlap: only what stands behind the end waits for it.
        let ended = self.steps.iter().rposition(|step| earlier.contains(&step.id));
        let ended = ended.map_or(0, |place| place + 1);
        let mut after = self.before_first(first);
        if first >= ended {
            after.extend(earlier.iter().cloned());
        }
        let told = self.made(Moment::Start, first, &after);
        let ids = self.insert(first, told);
        let stage = self.stage;
        let ended = if first < ended { ended + ids.len() } else { ended };
        let own = self.steps.iter_mut().enumerate().filter(|(_, step)| step.stage == stage);
        for (place, step) in own.filter(|(_, step)| !step.action.tells()) {
            if step.is_change() {
                step.after.extend(ids.iter().cloned());
            }
            // Also its gates: they see what is so at that time.
            if place >= ended {
                step.after.extend(earlier.iter().cloned());
            }
        }
    }

    /// What the first changes of the stage, those that come after no other, wait for.
    fn before_first(&self, first: usize) -> Vec<Arc<str>> {
        let mut begun: BTreeSet<&str> = BTreeSet::new();
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        for step in self.steps.iter() {
            let follows = step.after.iter().any(|id| begun.contains(&**id));
            let is_change = step.stage == self.stage && step.is_change();
            if is_change && !follows {
                wanted.extend(step.after.iter().map(|id| &**id));
            }
            if is_change || follows {
                begun.insert(&step.id);
            }
        }
        let earlier = self.steps.iter().take(first).filter(|step| wanted.contains(&*step.id));
        earlier.map(|step| Arc::clone(&step.id)).collect()
    }

    /// After the last change of the stage; of the last stage after all that looks at the whole.
    fn end(&mut self, is_last: bool) -> Vec<Arc<str>> {
        let looks = |step: &Step| {
            matches!(step.action, Action::Verify | Action::ScanAfter | Action::ReadLogs)
        };
        let own = |step: &Step| {
            step.stage == self.stage && (step.is_change() || step.action == Action::TellStart)
        };
        let belongs = |step: &Step| own(step) || (is_last && looks(step));
        let Some(last) = self.steps.iter().rposition(belongs) else { return Vec::new() };
        // After each of them: of a part of a plan, the last ones may be left out.
        let after = self.steps.iter().filter(|step| belongs(step));
        let after: Vec<Arc<str>> = after.map(|step| Arc::clone(&step.id)).collect();
        let told = self.made(Moment::End, last + 1, &after);
        self.insert(last + 1, told)
    }
}

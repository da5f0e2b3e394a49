//! What moved in one step between two plans.

use schemars::JsonSchema;
use serde::Serialize;

use super::order::Order;
use crate::catalog::Stage;
use crate::plan::{Plan, Step};

/// A part of a step that carries meaning. Its wave doesn't: it follows
/// from the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepField {
    /// The version before or after.
    Version,
    /// The part of the procedure.
    Stage,
    /// Why it is done.
    Reasons,
    /// What runs.
    Commands,
    /// What has to be healthy when it begins.
    Needs,
    /// Whom it asks besides its own host, and what.
    Asks,
    /// What users notice meanwhile.
    Impact,
    /// How it is taken back.
    WayBack,
    /// What was seen on its host, and is compared again before it begins.
    Facts,
    /// How much of the window has to be left when it begins.
    Room,
    /// What comes before it.
    Order,
}

/// A step that both plans have, and that means another thing in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedStep<'p> {
    /// As the older plan has it.
    pub old: &'p Step,
    /// As the newer plan has it.
    pub new: &'p Step,
    /// What moved.
    pub fields: Vec<StepField>,
    /// What came before it and doesn't any more, and what comes before it now and didn't; by id, among
    /// the steps of both plans.
    pub before: (Vec<&'p str>, Vec<&'p str>),
}

/// Two plans and their orders.
pub(super) struct Both<'p> {
    pub(super) plans: (&'p Plan, &'p Plan),
    pub(super) orders: (Order<'p>, Order<'p>),
}

impl<'p> Both<'p> {
    /// What moved between `old` and `new`, which have the same id.
    pub(super) fn changed(&self, old: &'p Step, new: &'p Step) -> Option<ChangedStep<'p>> {
        let before = self.before(old, new);
        // Taken apart by name: a part that is added to steps can't be forgotten here. Host, component and
        // action are in the id, which is seen to when a plan is read; the wave follows from the order; what
        // it takes means something only beside a window; what is there already isn't sent either way; who goes
        // first follows from the order, too.
        let Step {
            id: _,
            host: _,
            component: _,
            action: _,
            stage,
            wave: _,
            from,
            to,
            after: _,
            needs_healthy,
            reasons,
            impact,
            forecast: _,
            slow: _,
            canary: _,
            staged: _,
            feeder,
            commands,
            way_back,
        } = new;
        let moved = [
            (StepField::Version, (&old.from, &old.to) != (from, to)),
            (StepField::Stage, old.stage != *stage),
            (StepField::Reasons, old.reasons != *reasons),
            (StepField::Commands, (&old.commands, &old.feeder) != (commands, feeder)),
            (StepField::Needs, !alike(&old.needs_healthy, needs_healthy)),
            (StepField::Asks, self.asks_otherwise(old, new)),
            (StepField::Impact, old.impact != *impact),
            (StepField::WayBack, old.way_back != *way_back),
            (StepField::Facts, new.is_change() && self.rests_on_others(old, new)),
            (StepField::Room, self.is_bound(new) && old.room() != new.room()),
            (StepField::Order, !(before.0.is_empty() && before.1.is_empty())),
        ];
        let fields: Vec<StepField> =
            moved.into_iter().filter(|(_, moved)| *moved).map(|(field, _)| field).collect();
        (!fields.is_empty()).then_some(ChangedStep { old, new, fields, before })
    }

    fn rests_on_others(&self, old: &Step, new: &Step) -> bool {
        self.plans.0.facts(old) != self.plans.1.facts(new)
    }

    /// Whether the step begins in a window.
    fn is_bound(&self, step: &Step) -> bool {
        let (old, new) = self.plans;
        step.stage == Stage::Critical && (old.window.is_some() || new.window.is_some())
    }

    fn asks_otherwise(&self, old: &Step, new: &Step) -> bool {
        let of = |plan: &'p Plan, step: &Step| plan.asked.get(&step.id).map_or(&[][..], |it| &it.0);
        !alike(of(self.plans.0, old), of(self.plans.1, new))
    }

    /// The ids that only one of the plans has before the step. That one names fewer of them than the other
    /// says nothing: what matters is what has to be over.
    fn before(&self, old: &'p Step, new: &'p Step) -> (Vec<&'p str>, Vec<&'p str>) {
        if old.after == new.after {
            return (Vec::new(), Vec::new());
        }
        let (first, second) = &self.orders;
        let then = first.right_before(old, |id| second.step(id).is_some());
        let now = second.right_before(new, |id| first.step(id).is_some());
        if then == now {
            return (Vec::new(), Vec::new());
        }
        let (all_then, all_now) = (first.before(old), second.before(new));
        let gone = then.into_iter().filter(|id| !all_now.contains(id)).collect();
        let come = now.into_iter().filter(|id| !all_then.contains(id)).collect();
        (gone, come)
    }
}

/// Whether the same are asked by the same commands, whatever the names of these lists.
fn alike(old: &[crate::plan::HealthyBefore], new: &[crate::plan::HealthyBefore]) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|(a, b)| {
            (&a.host, &a.component) == (&b.host, &b.component) && a.check.iter().eq(b.check.iter())
        })
}

//! The seal: the digest of a plan's meaning.
//!
//! Many steps run the same commands. Each such list enters the seal by its own digest, so that it
//! is hashed once however many steps run it. Steps enter it by digests of so many of them, so that those of
//! a large plan are hashed side by side.

use std::convert::Infallible;
use std::mem;

use rayon::prelude::*;

use super::form::{PlanForm, Steps, forms};
use super::{Plan, Step, Written};
use crate::desired::Desired;
use crate::transport::Command;
use crate::value::Digest;

/// So many steps, in their order, have one digest.
const TOGETHER: usize = 1 << 10;

impl Plan {
    /// The SHA-256 of a list of SHA-256 as JSON: first that of the plan's JSON without seal, `manifest` (a
    /// locator, which may differ between machines) and steps, then those of each 1,024 steps' JSON, with
    /// the SHA-256 of each step's commands in their place.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let (rest, steps) = rayon::join(|| self.without_steps(), || digests(&self.steps));
        whole(rest, steps)
    }

    /// The plan, resting on what `desired` says of its steps, and sealed.
    pub(super) fn grounded(mut self, desired: &Desired) -> Self {
        let steps = mem::take(&mut self.steps);
        // The steps don't hold what was written of them: neither waits for the other.
        let (rest, digests) = rayon::join(
            || {
                self.basis.written = Written::of(desired, &steps);
                self.without_steps()
            },
            || digests(&steps),
        );
        self.seal = whole(rest, digests);
        self.steps = steps;
        self
    }

    fn without_steps(&self) -> Digest {
        Digest::of_json(&PlanForm::bare(self, [(); 0]))
    }

    /// Whether the plan is still the one that was sealed.
    #[must_use]
    pub fn seal_holds(&self) -> bool {
        self.seal == self.digest()
    }

    /// Whether there is nothing to do, and nothing was left out.
    #[must_use]
    pub const fn is_up_to_date(&self) -> bool {
        self.steps.is_empty() && self.withheld.is_empty()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// The digests of `steps`, 1,024 of them each.
fn digests(steps: &[Step]) -> Vec<Digest> {
    let digest = |list: &[Command], _| Ok::<_, Infallible>(Digest::of_json(list).to_string());
    let Ok(forms) = forms(steps, digest);
    let together = steps.par_chunks(TOGETHER).map(|steps| Steps { steps, forms: &forms });
    together.map(|steps| Digest::of_json(&steps)).collect()
}

fn whole(rest: Digest, mut steps: Vec<Digest>) -> Digest {
    steps.insert(0, rest);
    Digest::of_json(&steps)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A plan of more steps than have one digest.
    fn long() -> Plan {
        let text = include_bytes!("../../plans/quickstart.json");
        let mut plan = crate::plan::parse(text).unwrap();
        let (step, number) = (plan.steps.pop().unwrap(), TOGETHER * 2 + 1);
        let named = |number| Step { wave: number, ..step.clone() };
        plan.steps = (1..).take(number).map(named).collect();
        plan.seal = plan.digest();
        plan
    }

    #[test]
    fn every_step_of_a_long_plan_is_sealed_with_its_place() {
        let sealed = long();
        assert!(sealed.seal_holds());
        let changes: [fn(&mut Plan); 6] = [
            |plan| plan.steps[0].wave += 1,
            |plan| plan.steps[TOGETHER].commands = Arc::new([]),
            |plan| drop(plan.steps.pop()),
            |plan| plan.steps.swap(0, TOGETHER),
            |plan| plan.steps.truncate(TOGETHER * 2),
            |plan| plan.release = "another".to_owned(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = sealed.clone();
            change(&mut other);
            assert!(!other.seal_holds(), "change {number}");
        }
        let mut moved = sealed;
        moved.manifest = "elsewhere/mdc.toml".to_owned();
        assert!(moved.seal_holds());
    }
}

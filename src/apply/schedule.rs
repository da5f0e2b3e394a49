//! Which steps may begin. Pure: it knows the plan's order and what ended, and nothing of hosts'
//! connections or time.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::HostName;
use crate::plan::Step;

/// The steps of a plan and how far they are.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    steps: &'a [Step],
    /// How many steps each one still waits for.
    waits_for: Vec<usize>,
    /// The steps that wait for each one.
    followers: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    running: BTreeSet<usize>,
    busy: BTreeSet<&'a HostName>,
}

impl<'a> Schedule<'a> {
    /// The schedule of `steps`, of which those that `over` names are over, and those that `broken` names are
    /// mended before anything else begins.
    pub(super) fn new(steps: &'a [Step], over: &BTreeSet<&str>, broken: &BTreeSet<&str>) -> Self {
        let mut schedule = Self {
            steps,
            waits_for: vec![0; steps.len()],
            followers: vec![Vec::new(); steps.len()],
            ready: BTreeSet::new(),
            running: BTreeSet::new(),
            busy: BTreeSet::new(),
        };
        let mut open = open(steps, over);
        let is_broken =
            |place: usize| steps.get(place).is_some_and(|step| broken.contains(&*step.id));
        for place in (0..steps.len()).filter(|&place| is_broken(place)) {
            mend_first(&mut open, place, is_broken);
        }
        for (place, before) in open {
            schedule.wait(place, &before);
        }
        schedule
    }

    fn wait(&mut self, place: usize, before: &BTreeSet<usize>) {
        for &earlier in before {
            if let Some(followers) = self.followers.get_mut(earlier) {
                followers.push(place);
            }
        }
        if let Some(count) = self.waits_for.get_mut(place) {
            *count = before.len();
        }
        if before.is_empty() {
            self.ready.insert(place);
        }
    }

    /// The first step that may begin now: everything before it is done and its host is free.
    pub(super) fn next(&self) -> Option<usize> {
        self.ready.iter().copied().find(|&place| {
            self.steps.get(place).is_some_and(|step| !self.busy.contains(&step.host))
        })
    }

    /// The step at `place`, which may begin, begins.
    pub(super) fn take(&mut self, place: usize) {
        self.ready.remove(&place);
        self.running.insert(place);
        self.busy.extend(self.steps.get(place).map(|step| &step.host));
    }

    /// The step at `place` ended; when it ended well, those that waited for it may come nearer.
    pub(super) fn ended(&mut self, place: usize, well: bool) {
        self.running.remove(&place);
        if let Some(step) = self.steps.get(place) {
            self.busy.remove(&step.host);
        }
        if !well {
            return;
        }
        for follower in self.followers.get(place).cloned().unwrap_or_default() {
            if let Some(count) = self.waits_for.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    self.ready.insert(follower);
                }
            }
        }
    }

    /// The step at `place` failed and that is tolerated: what comes after it may come nearer, except
    /// on the same resource, where the steps that are named here are not begun.
    pub(super) fn tolerated(&mut self, place: usize) -> Vec<String> {
        let Some(failed) = self.steps.get(place) else { return Vec::new() };
        // Gates see for themselves what is so.
        let same = |step: &Step| {
            step.host == failed.host && step.component == failed.component && !step.action.is_gate()
        };
        let mut stopped = Vec::new();
        let mut over = vec![place];
        while let Some(place) = over.pop() {
            let own = self.followers.get(place).into_iter().flatten().copied();
            let own = own.filter(|&next| self.steps.get(next).is_some_and(same));
            let own: Vec<usize> = own.filter(|next| !over.contains(next)).collect();
            // They are never ready again: one more to wait for, which never comes.
            for &next in &own {
                if let Some(count) = self.waits_for.get_mut(next) {
                    *count += 1;
                }
                stopped.extend(self.steps.get(next).map(|step| step.id.to_string()));
            }
            self.ended(place, true);
            over.extend(own);
        }
        stopped
    }

    /// Whether nothing runs.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether something could begin, if only for its host.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The steps that run.
    pub(super) fn running_steps(&self) -> impl Iterator<Item = &'a Step> {
        self.running.iter().filter_map(|&place| self.steps.get(place))
    }

    /// The ids of the steps that run.
    pub(super) fn running(&self) -> Vec<String> {
        self.running_steps().map(|step| step.id.to_string()).collect()
    }
}

/// The steps that are not over, each with those that it waits for. What comes after a step that is over
/// still comes after what that one came after: a part of a plan keeps the order of the whole.
fn open(steps: &[Step], over: &BTreeSet<&str>) -> BTreeMap<usize, BTreeSet<usize>> {
    let places: BTreeMap<&str, usize> =
        steps.iter().enumerate().map(|(place, step)| (&*step.id, place)).collect();
    let mut open: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    // What is not over before each step that is; steps stand behind all that they come after.
    let mut behind: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        let mut before = BTreeSet::new();
        for earlier in step.after.iter().filter_map(|id| places.get(&**id).copied()) {
            match behind.get(&earlier) {
                Some(open) => before.extend(open),
                None => drop(before.insert(earlier)),
            }
        }
        let into = if over.contains(&*step.id) { &mut behind } else { &mut open };
        into.insert(place, before);
    }
    open
}

/// The step at `place`, which was left half-way, waits for nothing but what was left so before it: all else that
/// it came after was passed or tolerated before it began, and waits for it instead. What stands still can't be
/// backed up, and others are neither healthy nor idle without it; once it is mended they see what is so before
/// anything else begins.
fn mend_first(
    open: &mut BTreeMap<usize, BTreeSet<usize>>,
    place: usize,
    is_broken: impl Fn(usize) -> bool,
) {
    let (mut broken, mut passed) = (BTreeSet::new(), BTreeSet::new());
    let mut earlier = vec![place];
    while let Some(next) = earlier.pop() {
        for &before in open.get(&next).into_iter().flatten() {
            if is_broken(before) {
                broken.insert(before);
            } else if passed.insert(before) {
                earlier.push(before);
            }
        }
    }
    open.insert(place, broken);
    for passed in passed {
        open.entry(passed).or_default().insert(place);
    }
}

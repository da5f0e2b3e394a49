//! The steps of a plan as few groups with the order among them: what its pictures are drawn from.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::width::hosts;
use crate::address::ComponentName;
use crate::diff::Action;
use crate::plan::{Part, Plan, Step, elapsed, parts};
use crate::view::group::group;
use crate::view::words;

/// More groups than this can't be read in one picture: then the waves of a component are one group.
const MOST: usize = 48;

/// Steps that are drawn as one.
pub(super) struct Group<'a> {
    /// The place of its part.
    pub(super) part: usize,
    /// At least one.
    pub(super) steps: Vec<&'a Step>,
}

/// All groups, in an order in which they could run one by one.
pub(super) struct Groups<'a> {
    pub(super) parts: Vec<Part<'a>>,
    pub(super) all: Vec<Group<'a>>,
    /// Which group comes right before which, by their places: what follows from other pairs is left
    /// out.
    pub(super) order: BTreeSet<(usize, usize)>,
    /// Whether the waves of a component are one group.
    pub(super) folded: bool,
    of: BTreeMap<&'a str, usize>,
}

type Pairs = BTreeSet<(usize, usize)>;

/// The groups of a plan: what is changed, by wave and component; what only looks or copies, by wave.
/// What would stand before and after each other (gates between the waves of a component, when those are
/// one) becomes one group.
pub(super) fn groups(plan: &Plan) -> Groups<'_> {
    let parts = parts(plan);
    let fine = split(&parts, false);
    let folded = fine.len() > MOST;
    let (split, pairs) = merged(if folded { split(&parts, true) } else { fine });
    let line = line(split.len(), &pairs);
    let place: BTreeMap<usize, usize> =
        line.iter().enumerate().map(|(to, from)| (*from, to)).collect();
    let moved = |(a, b): &(usize, usize)| Some((*place.get(a)?, *place.get(b)?));
    let order = reduced(split.len(), &pairs.iter().filter_map(moved).collect());
    let mut by_place: BTreeMap<usize, Group<'_>> = split
        .into_iter()
        .enumerate()
        .filter_map(|(from, group)| Some((*place.get(&from)?, group)))
        .collect();
    let all: Vec<Group<'_>> =
        std::iter::from_fn(|| by_place.pop_first().map(|(_, it)| it)).collect();
    let of = places(&all);
    Groups { parts, all, order, folded, of }
}

fn split<'a>(parts: &[Part<'a>], folded: bool) -> Vec<Group<'a>> {
    let steps = parts
        .iter()
        .enumerate()
        .flat_map(|(part, its)| its.steps.iter().map(move |step| (part, *step)));
    let key = |(part, step): &(usize, &'a Step)| {
        let component: Option<&ComponentName> =
            by_component(step.action).then_some(&step.component);
        ((!folded).then_some(step.wave), *part, component, step.action)
    };
    group(steps, key)
        .into_iter()
        .map(|((_, part, ..), steps)| Group {
            part,
            steps: steps.into_iter().map(|(_, step)| step).collect(),
        })
        .collect()
}

/// Whether its component is worth a group of its own.
const fn by_component(action: Action) -> bool {
    let between = matches!(action, Action::KeepHealthy | Action::Reach);
    between || !(action.only_copies() || action.is_gate())
}

fn places<'a>(groups: &[Group<'a>]) -> BTreeMap<&'a str, usize> {
    let steps = |(place, group): (usize, &Group<'a>)| {
        group.steps.iter().map(move |step| (&*step.id, place)).collect::<Vec<_>>()
    };
    groups.iter().enumerate().flat_map(steps).collect()
}

/// Which group comes before which.
fn pairs(groups: &[Group<'_>]) -> Pairs {
    let places = places(groups);
    let mut pairs = Pairs::new();
    for (place, group) in groups.iter().enumerate() {
        let before = group.steps.iter().flat_map(|step| &step.after);
        let before = before.filter_map(|id| places.get(&**id));
        pairs.extend(before.filter(|it| **it != place).map(|it| (*it, place)));
    }
    pairs
}

/// The groups with those made one that stand in a circle.
fn merged(groups: Vec<Group<'_>>) -> (Vec<Group<'_>>, Pairs) {
    let pairs = pairs(&groups);
    let mut graph: DiGraph<(), (), usize> = DiGraph::default();
    for _ in &groups {
        graph.add_node(());
    }
    graph.extend_with_edges(pairs.iter().copied());
    // Sets of places in order are in the order of their first members.
    let circles: BTreeSet<BTreeSet<usize>> = tarjan_scc(&graph)
        .into_iter()
        .map(|circle| circle.into_iter().map(NodeIndex::index).collect())
        .collect();
    if circles.len() == groups.len() {
        return (groups, pairs);
    }
    let mut left: BTreeMap<usize, Group<'_>> = groups.into_iter().enumerate().collect();
    let one = |circle: &BTreeSet<usize>| {
        let mut members = circle.iter().filter_map(|place| left.remove(place));
        let mut first = members.next()?;
        first.steps.extend(members.flat_map(|group| group.steps));
        // Steps of a wave side by side, as forecasts of waves want them.
        first.steps.sort_by_key(|step| step.wave);
        Some(first)
    };
    let groups: Vec<Group<'_>> = circles.iter().filter_map(one).collect();
    let pairs = self::pairs(&groups);
    (groups, pairs)
}

/// The places in an order in which no group comes before what it waits for; free choices by place.
fn line(number: usize, pairs: &Pairs) -> Vec<usize> {
    let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, after) in pairs {
        *waits.entry(*after).or_default() += 1;
    }
    let mut ready: BTreeSet<usize> = (0..number).filter(|it| !waits.contains_key(it)).collect();
    let mut line = Vec::with_capacity(number);
    while let Some(next) = ready.pop_first() {
        line.push(next);
        for (_, after) in pairs.range((next, 0)..=(next, usize::MAX)) {
            if let Some(count) = waits.get_mut(after) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*after);
                }
            }
        }
    }
    line
}

/// The pairs that don't follow from others. Each goes from a lower place to a higher one.
fn reduced(number: usize, pairs: &Pairs) -> Pairs {
    let mut reached: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut kept = Pairs::new();
    for place in (0..number).rev() {
        let mut own = BTreeSet::new();
        for &(_, next) in pairs.range((place, 0)..=(place, usize::MAX)) {
            if own.insert(next) {
                kept.insert((place, next));
                own.extend(reached.get(&next).into_iter().flatten().copied());
            }
        }
        reached.insert(place, own);
    }
    kept
}

impl<'a> Groups<'a> {
    /// The place of the group that a step belongs to.
    pub(super) fn of(&self, id: &str) -> Option<usize> {
        self.of.get(id).copied()
    }

    /// Each part that has groups, with them and their places.
    pub(super) fn by_part(&self) -> Vec<(&Part<'a>, Vec<(usize, &Group<'a>)>)> {
        let of = |part: usize| self.all.iter().enumerate().filter(move |(_, it)| it.part == part);
        let parts = self.parts.iter().enumerate();
        let parts = parts.map(|(place, part)| (part, of(place).collect::<Vec<_>>()));
        parts.filter(|(_, groups)| !groups.is_empty()).collect()
    }
}

impl Group<'_> {
    /// What is done to what, first what changes something: `upgrade worker`, `copy`.
    pub(super) fn title(&self) -> String {
        let (looks, changes): (Vec<Action>, Vec<Action>) =
            self.actions().into_iter().partition(|action| action.is_gate());
        let said = |actions: &[Action]| {
            actions.iter().map(|it| words::action(*it)).collect::<Vec<_>>().join(", ")
        };
        let done = if changes.is_empty() { said(&looks) } else { said(&changes) };
        let with = if changes.is_empty() || looks.is_empty() { "" } else { ", with " };
        let looks = if with.is_empty() { String::new() } else { said(&looks) };
        let component = self.component().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{done}{component}{with}{looks}")
    }

    /// Its components in words, where they are what the group is about.
    fn component(&self) -> Option<String> {
        let names: BTreeSet<&str> = self.steps.iter().map(|step| step.component.as_str()).collect();
        let told = self.steps.iter().any(|step| by_component(step.action));
        told.then(|| match names.len() {
            0..=3 => names.into_iter().collect::<Vec<_>>().join(", "),
            many => words::count(many, "component"),
        })
    }

    fn actions(&self) -> BTreeSet<Action> {
        self.steps.iter().map(|step| step.action).collect()
    }

    /// The action that says most of it.
    pub(super) fn action(&self) -> Option<Action> {
        let actions = self.actions();
        let change = actions.iter().find(|action| !action.is_gate());
        change.or(actions.first()).copied()
    }

    /// Its hosts in few words.
    pub(super) fn hosts(&self) -> String {
        words::hosts(self.steps.iter().map(|step| step.host.as_str()))
    }

    /// `wave 5, about 50s` or `waves 5 to 253, 994 steps, about 3h 28m`.
    pub(super) fn when(&self) -> String {
        let waves = self.steps.iter().map(|step| step.wave);
        let first = waves.clone().min().unwrap_or_default();
        let last = waves.max().unwrap_or_default();
        let waves = if first == last {
            format!("wave {first}")
        } else {
            format!("waves {first} to {last}")
        };
        let steps = match self.steps.len() {
            1 => String::new(),
            many => format!(", {many} steps"),
        };
        format!("{waves}{steps}, about {}", words::about(elapsed(&self.steps)))
    }

    /// How many hosts it is on.
    pub(super) fn width(&self) -> usize {
        hosts(self.steps.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_keeps_to_its_pairs_and_else_to_places() {
        let pairs = Pairs::from([(3, 0), (0, 1), (2, 1)]);
        assert_eq!(line(4, &pairs), [2, 3, 0, 1]);
    }

    #[test]
    fn what_follows_from_others_is_left_out() {
        let pairs = Pairs::from([(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (4, 5)]);
        assert_eq!(reduced(6, &pairs), Pairs::from([(0, 1), (1, 2), (2, 3), (4, 5)]));
    }

    #[test]
    fn the_quickstart_has_few_groups_in_the_order_of_its_parts() {
        let plan = include_bytes!("../../../plans/quickstart.json");
        let plan = crate::plan::parse(plan).unwrap();
        let groups = groups(&plan);
        assert!(!groups.folded && groups.all.len() <= MOST, "{}", groups.all.len());
        assert!(groups.order.iter().all(|(before, after)| before < after));
        let steps: usize = groups.all.iter().map(|group| group.steps.len()).sum();
        assert_eq!(steps, plan.steps.len());
        // A component's waves made one stand before and after the gates between them.
        let (folded, pairs) = merged(split(&groups.parts, true));
        assert!(folded.len() < groups.all.len());
        assert_eq!(line(folded.len(), &pairs).len(), folded.len());
        let titles: Vec<String> = folded.iter().map(Group::title).collect();
        assert!(titles.contains(&"upgrade md-core, with keep healthy".to_owned()), "{titles:?}");
    }
}

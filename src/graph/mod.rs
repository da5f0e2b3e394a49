//! The order of a plan. [`build`] is the list of rules, applied one after the other; each rule is
//! one file.
//!
//! Changes are first gathered into *groups*: the same kind of change of one component on all its
//! hosts. The order between groups is decided on some twenty groups, whatever the number of hosts;
//! only then is each group spread over its hosts, in batches. So the work stays close to linear in
//! the number of hosts.

mod batch;
mod copies;
mod group;
mod precedence;
mod unknown;
mod wave;

pub use precedence::Cycle;
pub use unknown::Withheld;

use std::sync::Arc;

use crate::address::Address;
use crate::catalog::Stage;
use crate::desired::Desired;
use crate::diff::{Action, Change, Comparison};

/// Steps in an order in which they could run one by one.
#[derive(Debug, Clone, Default)]
pub struct StepGraph {
    /// The steps; each comes after all those that it names.
    pub nodes: Vec<Node>,
    /// What was left out because something before it is unknown.
    pub withheld: Vec<Withheld>,
}

/// One step's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it changes.
    pub address: Address,
    /// What it does: the change itself, or the copy before it.
    pub action: Action,
    /// The change.
    pub change: Arc<Change>,
    /// Whether it is one of the first of its component, which the others wait for.
    pub canary: bool,
    /// The part of the procedure that it belongs to.
    pub stage: Stage,
    /// Which steps may run together, from 1.
    pub wave: u32,
    /// The nodes that come first, as places in [`StepGraph::nodes`], ascending.
    pub after: Vec<usize>,
}

/// Puts all changes in order.
///
/// # Errors
/// When the catalog's orders contradict its needs: the chain of components that wait for each
/// other.
pub fn build(desired: &Desired, comparison: &Comparison) -> Result<StepGraph, Cycle> {
    // What is alike moves together.
    let groups = group::gather(desired, comparison);
    // The procedure: stage, upgrade order, installation order, and what is missing before its use.
    let precedence = precedence::between(groups, &desired.components)?;
    // Nothing is planned behind something that can't be seen.
    let (precedence, withheld) = unknown::withhold(precedence, desired, comparison);
    // Hosts of a group: the first alone, then so many at once, never more than can be spared.
    let mut nodes = batch::spread(&precedence, desired, comparison);
    // Before anything changes, every package is on its host.
    copies::first(&mut nodes);
    // Steps that may run together, in an order that is always the same.
    Ok(StepGraph { nodes: wave::number(nodes), withheld })
}

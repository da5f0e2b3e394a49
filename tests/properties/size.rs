//! What plans cost grows with the cluster, not faster: counted, because time can't be trusted in a
//! test.

use std::collections::BTreeSet;

use mdc::plan::{self, Plan};

use crate::cluster::Cluster;

/// What there is to count in a plan: steps, what they wait for, what they need, bytes of the file.
fn counts(plan: &Plan) -> [usize; 4] {
    let after = plan.steps.iter().map(|step| step.after.len()).sum();
    let needs = plan.steps.iter().map(|step| step.needs_healthy.len()).sum();
    let mut file = Vec::new();
    plan::write(plan, &mut file).unwrap();
    [plan.steps.len(), after, needs, file.len()]
}

#[test]
fn a_plan_grows_as_its_cluster() {
    let [one, two, three] = [300, 600, 900].map(|hosts| counts(&Cluster::of_size(hosts).plan()));
    for (place, what) in ["steps", "after", "needs", "bytes"].into_iter().enumerate() {
        let (first, second) = (two[place] - one[place], three[place] - two[place]);
        // The numbers of waves get longer, and the last batch may be smaller.
        let off = first.abs_diff(second);
        assert!(off * 50 <= first, "{what}: 300 hosts more add {first}, then {second}");
    }
}

#[test]
fn hosts_that_are_alike_share_their_commands() {
    for hosts in [10, 300] {
        let plan = Cluster::of_size(hosts).plan();
        let lists: BTreeSet<_> = plan
            .steps
            .iter()
            .filter(|step| !step.action.is_gate())
            .map(|step| step.commands.as_ptr())
            .collect();
        // Four components, each copied, kept and upgraded; the first one of each is watched for longer
        // when the manifest says so, and is one of its own in any case.
        assert_eq!(lists.len(), 16, "{hosts} hosts");
    }
}

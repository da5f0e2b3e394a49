//! What `validate` and `plan` cost at a given number of hosts: wall time, processor time and peak
//! memory of the real program, from reading its files to the last byte written.
//!
//! `cargo bench --bench plan`, or with sizes of your own: `cargo bench --bench plan -- 1000 2000`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

mod cluster;
mod run;

use std::collections::BTreeMap;

use cluster::Cluster;
use run::{Cost, Subject};

const SIZES: [usize; 4] = [1_000, 3_000, 10_000, 30_000];
const ROUNDS: usize = 5;

fn main() {
    // Cargo adds `--bench`.
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    let clusters: Vec<Cluster> = sizes.into_iter().map(Cluster::write).collect();
    let mut costs: BTreeMap<(Subject, usize), Vec<Cost>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for cluster in &clusters {
            for subject in Subject::ALL {
                let cost = run::measure(subject, cluster);
                costs.entry((subject, cluster.hosts)).or_default().push(cost);
            }
        }
    }
    println!(
        "| command | hosts | resources | steps | plan file MB | wall ms | growth | CPU ms | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut before: Option<(Subject, f64)> = None;
    for ((subject, hosts), costs) in &mut costs {
        let cluster = clusters.iter().find(|cluster| cluster.hosts == *hosts).unwrap();
        let wall = run::median(costs.iter().map(|cost| cost.wall_ms));
        let cpu = run::median(costs.iter().map(|cost| cost.cpu_ms));
        let peak = run::median(costs.iter().map(|cost| cost.peak_mb));
        // A host's share of the time against its share at the size before: 1.00 is linear.
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let share = wall / *hosts as f64;
        let growth = match before {
            Some((same, smaller)) if same == *subject => format!("{:.2}", share / smaller),
            _ => String::new(),
        };
        before = Some((*subject, share));
        let (steps, size) = subject.product(cluster);
        let resources = cluster.resources;
        println!(
            "| {subject} | {hosts} | {resources} | {steps} | {size} | {wall:.0} | {growth} | {cpu:.0} | {peak:.0} |"
        );
    }
}

//! What each pure stage costs at a thousand hosts, from text to what people read, with Criterion.
//!
//! `cargo bench --bench stages`; `cargo bench --bench stages -- --save-baseline before` and later
//! `-- --baseline before` compare. On a busy machine count instructions instead: `benches/instructions`.

#![expect(clippy::unwrap_used, reason = "a measuring program")]

#[path = "../plan/cluster.rs"]
#[expect(dead_code, reason = "shared with what measures the whole program")]
mod cluster;

use std::fs;
use std::hint::black_box;

use camino::Utf8Path;
use criterion::Criterion;
use mdc::catalog::Catalog;
use mdc::desired::Desired;
use mdc::manifest::{Manifest, Release};
use mdc::observe::{Observed, Snapshot};
use mdc::plan::{self, Plan};
use mdc::view::plan::Detail;
use mdc::view::terminal::Style;
use mdc::{catalog, desired, diff, graph, manifest, view};

use cluster::Cluster;

const HOSTS: usize = 1_000;

/// What each stage is given.
struct Given {
    text: String,
    manifest: Manifest,
    release: Release,
    catalog: Catalog,
    desired: Desired,
    snapshot: Vec<u8>,
    observed: Observed,
    plan: Plan,
    file: Vec<u8>,
}

impl Given {
    fn of(cluster: &Cluster) -> Self {
        let text = fs::read_to_string(cluster.manifest()).unwrap();
        let manifest = manifest::read(&cluster.manifest()).0.unwrap();
        let release = manifest.read_release().0.unwrap();
        let (catalog, _) = catalog::load(&[]);
        let desired = desired::resolve(&manifest, &release, &catalog).0.unwrap();
        let snapshot = fs::read(cluster.snapshot()).unwrap();
        let observed = Snapshot::parse(&snapshot).unwrap().observed;
        let comparison = diff::compare(&desired, &observed);
        let graph = graph::build(&desired, &comparison).unwrap();
        let plan = plan::make(&desired, &comparison, &graph).unwrap();
        let mut file = Vec::new();
        plan::write(&plan, &mut file).unwrap();
        Self { text, manifest, release, catalog, desired, snapshot, observed, plan, file }
    }
}

fn planning(criterion: &mut Criterion) {
    let cluster = Cluster::write(HOSTS);
    let given = Given::of(&cluster);
    let mut group = criterion.benchmark_group("planning");
    group.sample_size(20);
    group.bench_function("parse the manifest", |bench| {
        bench.iter(|| manifest::parse("mdc.toml", black_box(&given.text), Utf8Path::new("")));
    });
    group.bench_function("parse the snapshot", |bench| {
        bench.iter(|| Snapshot::parse(black_box(&given.snapshot)));
    });
    group.bench_function("resolve", |bench| {
        bench.iter(|| desired::resolve(&given.manifest, &given.release, black_box(&given.catalog)));
    });
    group.bench_function("diff", |bench| {
        bench.iter(|| diff::compare(black_box(&given.desired), &given.observed));
    });
    let comparison = diff::compare(&given.desired, &given.observed);
    group.bench_function("graph", |bench| {
        bench.iter(|| graph::build(&given.desired, black_box(&comparison)));
    });
    let graph = graph::build(&given.desired, &comparison).unwrap();
    group.bench_function("make, with the seal", |bench| {
        bench.iter(|| plan::make(&given.desired, &comparison, black_box(&graph)));
    });
    group.bench_function("seal", |bench| bench.iter(|| black_box(&given.plan).digest()));
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let given = Given::of(&Cluster::write(HOSTS));
    let (plan, style) = (&given.plan, Style { width: 100, colour: false, unicode: true });
    let mut group = criterion.benchmark_group("reading");
    group.sample_size(10);
    group.bench_function("write the plan file", |bench| {
        bench.iter(|| plan::write(black_box(plan), &mut std::io::sink()));
    });
    group.bench_function("read the plan file", |bench| {
        bench.iter(|| plan::parse(black_box(&given.file)));
    });
    for (name, detail) in
        [("summary", Detail::Summary), ("steps", Detail::Steps), ("commands", Detail::Commands)]
    {
        group.bench_function(format!("render {name} for a terminal"), |bench| {
            bench.iter(|| {
                view::terminal::render(&view::plan::document(black_box(plan), detail, ""), &style)
            });
        });
    }
    group.bench_function("render Markdown", |bench| {
        bench.iter(|| {
            view::markdown::render(&view::plan::document(black_box(plan), Detail::Steps, ""))
        });
    });
    group.bench_function("render the page", |bench| {
        bench.iter(|| view::plan::page(black_box(plan), ""));
    });
    group.bench_function("render dot", |bench| bench.iter(|| view::plan::dot(black_box(plan))));
    group.bench_function("render Mermaid", |bench| {
        bench.iter(|| view::plan::mermaid(black_box(plan)));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    planning(&mut criterion);
    reading(&mut criterion);
    criterion.final_summary();
}

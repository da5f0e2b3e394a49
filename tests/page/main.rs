//! The page of a plan in a real browser, and its graphs in a real Graphviz.

#[cfg(test)]
mod browser;
#[cfg(test)]
#[expect(dead_code, reason = "the benchmark uses the rest")]
#[path = "../../benches/plan/cluster.rs"]
mod cluster;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod large;
#[cfg(test)]
mod look;
#[cfg(test)]
mod quickstart;

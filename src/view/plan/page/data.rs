//! What the page's script needs besides the page: numbers and names, as JSON in an element that isn't
//! run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::listing::Listing;
use super::timeline::Stands;

#[derive(Serialize)]
struct Data<'a> {
    /// All hosts, in order.
    hosts: Vec<&'a str>,
    /// For each row the places of its hosts, as first and last of each run of neighbours.
    rows: Vec<Vec<usize>>,
    /// For each row its group in the picture.
    groups: Vec<usize>,
    /// For each bar of the timeline its rows, and its hosts as above.
    bars: Vec<(&'a BTreeSet<usize>, Vec<usize>)>,
}

/// The data as JSON that can stand in a `script` element.
pub(super) fn data(listing: &Listing<'_>, bars: &[Stands<'_>]) -> String {
    let steps = || listing.rows.iter().flat_map(|listed| &listed.row.steps);
    let hosts: BTreeSet<&str> = steps().map(|step| step.host.as_str()).collect();
    let places: BTreeMap<&str, usize> =
        hosts.iter().enumerate().map(|(place, host)| (*host, place)).collect();
    let runs_of = |hosts: &mut dyn Iterator<Item = &str>| {
        runs(hosts.filter_map(|host| places.get(host).copied()).collect())
    };
    let rows = listing
        .rows
        .iter()
        .map(|listed| runs_of(&mut listed.row.steps.iter().map(|step| step.host.as_str())));
    let bars = bars.iter().map(|bar| (&bar.rows, runs_of(&mut bar.hosts.iter().copied())));
    let data = Data {
        rows: rows.collect(),
        groups: listing.rows.iter().map(|listed| listed.group).collect(),
        hosts: hosts.into_iter().collect(),
        bars: bars.collect(),
    };
    // Names and numbers can always be written.
    inert(&serde_json::to_string(&data).unwrap_or_default())
}

fn runs(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    let runs = places.chunk_by(|one, next| one + 1 == *next);
    runs.filter_map(|run| Some([*run.first()?, *run.last()?])).flatten().collect()
}

/// Nothing in it can end the element or begin a comment (HTML, section 4.12.1.3), and it is the same as
/// before to whoever parses it.
fn inert(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_inside_its_element_and_means_the_same() {
        let evil = "</script><!-- & \u{2028}\u{2029}";
        let json = serde_json::to_string(evil).unwrap();
        let inert = inert(&json);
        assert!(!inert.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{inert}");
        assert_eq!(serde_json::from_str::<String>(&inert).unwrap(), evil);
    }

    #[test]
    fn neighbours_are_one_run() {
        assert_eq!(runs(vec![5, 3, 4, 9]), [3, 5, 9, 9]);
        assert!(runs(vec![]).is_empty());
    }
}

//! What hosts tell of leases and of the records that they keep.

use super::problem::Problem;
use super::site::Site;
use crate::address::HostName;
use crate::catalog::Format;
use crate::diagnostic::Code;
use crate::transport::{Connection, Failure, Order, Tenure, Verdict};

/// A number above every lease that any host has seen, as far as hosts can be asked.
pub(super) fn above_all(site: &Site, tenure: &Tenure) -> u64 {
    let surveys = keepers(site).filter_map(|host| survey(site, tenure, host).ok());
    surveys.map(|survey| survey.fence).max().unwrap_or_default()
}

/// The hosts that can keep records, first the one that is asked first: those with Windows come last, since
/// reading a record back there was not tried on a real one yet.
pub(super) fn keepers(site: &Site) -> impl Iterator<Item = &HostName> {
    let of = |windows: bool| {
        let hosts = site.desired.hosts.iter();
        hosts.filter(move |(_, host)| (host.format == Format::Msi) == windows)
    };
    of(false).chain(of(true)).map(|(name, _)| name)
}

/// What a host tells of itself.
pub(super) struct Survey {
    fence: u64,
    pub(super) runs: Vec<String>,
}

/// Asks `host` for the newest lease that it has seen, and the runs whose record it keeps.
pub(super) fn survey(site: &Site, tenure: &Tenure, host: &HostName) -> Result<Survey, Problem> {
    let answer = dial(site, host)?.order(tenure, &Order::Survey).map_err(no_way)?;
    let Verdict::Survey { fence, runs, .. } = answer else {
        return Err(unusable(host.as_str(), &format!("its answer doesn't fit: {answer:?}")));
    };
    // What a host calls a run becomes a file's name here.
    let is_name =
        |run: &String| run.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && run.len() < 80;
    Ok(Survey { fence, runs: runs.into_iter().filter(is_name).collect() })
}

pub(super) fn dial(site: &Site, host: &HostName) -> Result<Box<dyn Connection>, Problem> {
    site.dial()(host).map_err(no_way)
}

pub(super) fn no_way(failure: Failure) -> Problem {
    Problem::new(Code::Unreachable, failure.to_string(), failure.hint)
}

pub(super) fn unusable(what: &str, why: &str) -> Problem {
    Problem::new(
        Code::RecordUnusable,
        format!("{what}: the record can't be used: {why}"),
        "nothing was changed; try another host that keeps it, or the state of another controller",
    )
}

//! Test scans: the controller submits files to the API Gateway; no host runs anything.

use crate::manifest::TestScans;
use crate::transport::{Account, Command, ScanBounds, Task};

/// The test scan before a plan changes anything, which measures.
#[must_use]
pub fn scan_before(scans: &TestScans) -> Command {
    scan(scans, None)
}

/// The test scan after the last change, which has to come to the same in much the same time.
#[must_use]
pub fn scan_after(scans: &TestScans) -> Command {
    scan(scans, Some(ScanBounds { slower_than: scans.slower_than, grace: scans.grace }))
}

fn scan(scans: &TestScans, bounds: Option<ScanBounds>) -> Command {
    let url = scans.url.clone();
    let rule = scans.rule.as_ref().map(|rule| format!(" by the rule {rule}")).unwrap_or_default();
    let key = if scans.api_key.is_some() { ", with the API key" } else { "" };
    Command {
        run: format!(
            "POST {url}/file{rule}{key}, then GET {url}/file/{{data_id}} until it is finished: a \
             harmless file, then the EICAR test pattern"
        ),
        account: Account::Login,
        within: scans.within,
        task: Task::TestScan { url, bounds },
    }
}

//! Who sees that submissions are stopped and all scans finished: somebody is asked, where nothing else does.

use crate::manifest::{ConfirmGate, Gates, Manifest, Submissions};
use crate::value::Period;

/// Where files are submitted, or where people see what became of them: the first that is there is what
/// the question is named by.
const ASKED_BY: [&str; 2] = ["api-gateway", "control-center"];
/// The vendor's procedure, in words for whoever is asked.
const TEXT: &str = "stop submissions, and see in Control Center that nothing is in progress: Dashboard > \
                    Processing History, filter In-Progress, is empty";

/// Puts that question among the gates, unless the manifest has one of its own for the API Gateway, a route
/// that counts what is in progress, or a reason why nobody is asked.
pub(super) fn ask(gates: &mut Gates, manifest: &Manifest) {
    if gates.submissions != Submissions::Confirm || gates.history.is_some() {
        return;
    }
    let place = ASKED_BY.iter().find_map(|name| {
        let has_it = |(host, it): (_, &crate::manifest::Host)| {
            let (component, _) = it.components.get_key_value(*name)?;
            Some((component.clone(), Clone::clone(host)))
        };
        manifest.hosts.iter().find_map(has_it)
    });
    let Some((component, host)) = place else { return };
    gates.confirm.entry(component).or_insert_with(|| ConfirmGate {
        host,
        text: TEXT.to_owned(),
        verify: None,
        within: Period::seconds(300),
    });
}

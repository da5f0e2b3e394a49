//! What commands carry out.

mod bounds;
mod kind;

pub use bounds::{Counted, LogsSince, Rounds, ScanBounds};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LicenceRequest, LicenceWait, RelayTask, Request};
use crate::address::HostName;
use crate::catalog::Rule;
use crate::desired::Probe;
use crate::value::{Digest, Period, RemotePath, SecretReference, Version};

/// What a command carries out. A command succeeded when it exited with 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Task {
    /// Tells whether the file is there with this content; a failure means "copy it".
    FindFile {
        /// On the host.
        path: RemotePath,
        /// The content.
        digest: Digest,
    },
    /// Takes the package file over standard input, checks it, and puts it in its place.
    ReceiveFile {
        /// On the controller, relative to the release file.
        from: String,
        /// On the host.
        path: RemotePath,
        /// The content.
        digest: Digest,
        /// Bytes.
        size: u64,
    },
    /// Does one thing of what it takes to get a package file from the relay of a site.
    Relay(RelayTask),
    /// Checks the file's content.
    CheckFile {
        /// On the host.
        path: RemotePath,
        /// The content.
        digest: Digest,
    },
    /// Lets the package manager work out how it would install a package file, and change nothing.
    Rehearse {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
    },
    /// Lets the package manager download what an installation from the host's own repositories needs.
    Fetch {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
    },
    /// Installs a package file.
    InstallFile {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
        /// The package file, on the host.
        path: RemotePath,
        /// The service that it carries.
        unit: String,
    },
    /// Installs a package from the host's own repository.
    InstallFromRepository {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
        /// The service that it carries.
        unit: String,
    },
    /// Takes a managed file over standard input and puts it in its place; what was there is kept.
    WriteFile {
        /// On the host.
        path: RemotePath,
        /// What tells this change of the file from all others.
        key: String,
        /// What it holds, with `<secret:NAME>` for secrets, escaped as in JSON between double quotes.
        content: String,
        /// Where those are had when the file is written.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        secrets: BTreeMap<String, SecretReference>,
        /// Who may read and write it.
        mode: String,
        /// Whose it is.
        owner: String,
    },
    /// Checks that the file is as it was written.
    CheckWritten {
        /// On the host.
        path: RemotePath,
        /// The content, with the marks of secrets.
        digest: Digest,
    },
    /// Brings a managed file back to what it was before a change.
    RestoreFile {
        /// On the host.
        path: RemotePath,
        /// Which change.
        key: String,
    },
    /// Restarts the service if one of its files has changed.
    RestartUnit {
        /// The service.
        unit: String,
    },
    /// Starts the service, now and at boot.
    StartUnit {
        /// The service.
        unit: String,
    },
    /// Checks that the package is completely installed in this version.
    CheckVersion {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
    },
    /// Stops a service and removes its package; its data and edited settings stay.
    RemovePackage {
        /// The package's name.
        package: String,
        /// The service.
        unit: String,
    },
    /// Checks that the package is not installed.
    CheckRemoved {
        /// The package's name.
        package: String,
    },
    /// Checks that people have brought the package to this version.
    ByHand {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
        /// What they do.
        text: String,
    },
    /// Checks that the service is active.
    CheckUnit {
        /// The service.
        unit: String,
    },
    /// Keeps the service from new work.
    Isolate {
        /// The service.
        unit: String,
    },
    /// Gives the service work again.
    Restore {
        /// The service.
        unit: String,
    },
    /// Does what the component's own documentation asks for before its version changes.
    Prepare {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
    },
    /// Does what the component's own documentation asks for after its version has changed.
    Finish {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
    },
    /// Sees whether the host waits for a reboot; a failure ends the step, since it doesn't.
    RebootDue {},
    /// Prints which boot of the host this is; recorded before it is rebooted.
    NoteBoot {},
    /// Reboots the host; returns before it does.
    Reboot {},
    /// Prints which boot of the host this is, again and again until it is another one.
    AwaitBoot {
        /// When it is given up.
        give_up: Period,
    },
    /// Moves the data to another major version; the old data stay.
    MoveData {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
        /// The version before.
        from: Version,
    },
    /// Drops the data of the major version before, for good.
    DropKept {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
    },
    /// Checks that the data of the major version before are gone.
    CheckGone {
        /// The service.
        unit: String,
        /// The version before.
        from: Version,
    },
    /// Goes back to the data of the major version before.
    MoveBack {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
        /// The package of the newer version, which goes.
        package: String,
    },
    /// Checks that the data are served by this version.
    CheckData {
        /// The service.
        unit: String,
        /// The product version.
        version: Version,
    },
    /// Hands the role of the primary over to another host.
    HandOver {
        /// The service.
        unit: String,
        /// What is done, in words.
        say: String,
        /// The word for the primary.
        primary: String,
    },
    /// Sees that the service is not the primary.
    CheckRole {
        /// The service.
        unit: String,
        /// The word for the primary.
        primary: String,
    },
    /// Prints what the change must leave as it is; recorded before anything is changed.
    Note {
        /// The service.
        unit: String,
        /// What it is, in words.
        what: String,
    },
    /// Prints the same again, to be compared with what was recorded.
    Compare {
        /// The service.
        unit: String,
        /// What it is, in words.
        what: String,
        /// What it may be now.
        rule: Rule,
    },
    /// Prints how much is still to be done. Asked again until it is 0 for `samples` times in a row.
    AwaitIdle {
        /// The service that is asked.
        unit: String,
        /// How many times in a row.
        samples: u32,
        /// How long after one another.
        every: Period,
        /// When it is given up.
        give_up: Period,
    },
    /// Asks all that can tell, as under `asked`, until all say 0 in so many rounds in a row; itself empty.
    AwaitAllIdle(Rounds),
    /// Finds the newest backup and prints what vouches for it.
    ProveBackup {
        /// What it is a backup of.
        component: String,
        /// The pattern of its files.
        newest: String,
        /// How old the newest may be.
        max_age: Period,
    },
    /// Takes a backup.
    BackUp {
        /// Of what.
        component: String,
        /// The pattern of its files, with one `*` where a new one has the time.
        newest: String,
    },
    /// Sees that people have done something.
    Confirm {
        /// What it concerns.
        component: String,
        /// What they are asked for.
        text: String,
        /// Whether the command sees it; otherwise somebody has to say so.
        verified: bool,
        /// When it is given up to see it; it is asked again and again until then.
        give_up: Period,
    },
    /// Asks those that have a component, each by its check in the plan, until enough of them are healthy.
    AwaitHealthy {
        /// The component.
        component: String,
        /// How many have to be healthy.
        at_least: usize,
        /// Of how many.
        of: usize,
        /// Those that are not asked, since they are changed next.
        without: Vec<HostName>,
        /// When it is given up.
        give_up: Period,
    },
    /// Scans a harmless file and the EICAR test pattern through the API Gateway, from the controller.
    TestScan {
        /// The gateway, as its clients reach it.
        url: String,
        /// How much longer than before the change a scan may take; none before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<ScanBounds>,
    },
    /// Asks Control Center: the controller does. The text shows the request, with the session's name alone.
    Request(Box<Request>),
    /// Prints the version that is there, again and again until it is this one.
    AwaitVersion {
        /// The package's name.
        package: String,
        /// Its product version.
        version: Version,
        /// How long after one another.
        every: Period,
        /// When it is given up.
        give_up: Period,
    },
    /// Has the controller ask an MD Core instance, or the licence server, once; its part tells what came of it.
    Licence(Box<LicenceRequest>),
    /// Asks an MD Core instance until it is as it should be: the controller does, not the host.
    AwaitLicence(LicenceWait),
    /// Tells people something, from the controller. The text shows how and by which templates.
    Tell {
        /// The notice.
        notice: String,
        /// How, without anything secret.
        way: String,
        /// Whether nothing goes on as long as it can't be delivered.
        blocking: bool,
    },
    /// Has those that need a component, as under `asked`, try to reach it until all do; itself empty.
    AwaitReach {
        /// The component.
        component: String,
        /// How many try.
        of: usize,
        /// When it is given up.
        give_up: Period,
    },
    /// Opens a connection to a port of another host, and closes it at once.
    TryPort {
        /// What listens there.
        component: String,
        /// Where that is.
        host: HostName,
        /// The port, as `address:port`.
        endpoint: String,
    },
    /// Has those that have changed a component, which the plan names under `asked`, note where its log ends.
    MarkLogs {
        /// The component.
        component: String,
        /// How many.
        of: usize,
    },
    /// Reads what came to those logs since then. The command itself is empty, too.
    ReadLogs(LogsSince),
    /// Prints where the log ends: the host's own time, and the length of each file.
    MarkLog {
        /// The service.
        unit: String,
    },
    /// Takes what that has printed, and prints how much of errors and failed migrations came since then.
    ReadLog {
        /// The service.
        unit: String,
    },
    /// Asks a route, from the controller, how many scans are in progress, until it is 0 as wanted.
    AwaitHistory(Counted),
    /// Waits until the probe says healthy, `samples` times in a row, a second apart.
    AwaitHealth {
        /// The service, whose state is shown when the wait fails.
        unit: String,
        /// The probe.
        probe: Probe,
        /// How many healthy answers in a row end the wait.
        samples: u32,
    },
}

//! Every kind of problem that `mdc` can report, in one table.

use super::Severity;

with_remarks! { codes {
    /// A file isn't there or can't be read.
    FileUnreadable = "file::unreadable" Error,
    /// A file is larger than any real one.
    FileTooLarge = "file::too-large" Error,
    /// A file isn't UTF-8 text.
    FileNotUtf8 = "file::not-utf-8" Error,

    /// A call that isn't one of `mdc`'s.
    Usage = "cli::usage" Error,
    /// A name that nothing has.
    UnknownName = "cli::unknown-name" Error,
    /// A name that several things begin with.
    Ambiguous = "cli::ambiguous" Error,
    /// An argument that can't be used as it is.
    Unfit = "cli::unfit" Error,
    /// Nobody to ask.
    NoTerminal = "cli::no-terminal" Error,
    /// The user has ended it.
    Interrupted = "cli::interrupted" Error,
    /// Standard output or signals that the system doesn't give.
    Output = "cli::output" Error,
    /// What can't be, and is a defect of `mdc`.
    Defect = "cli::defect" Error,
    /// Something that a command needs and the manifest doesn't have.
    SettingMissing = "cli::setting-missing" Error,
    /// A file or folder that a command can't use.
    FileUnusable = "file::unusable" Error,
    /// A generated file that is another one now.
    FileOutdated = "file::outdated" Error,
    /// A file that is no plan that can be carried out.
    PlanUnusable = "plan::unusable" Error,
    /// A plan whose basis has moved.
    PlanStale = "plan::stale" Error,
    /// A plan that is too old.
    PlanExpired = "plan::expired" Error,
    /// A plan that says what its manifest and the catalog don't.
    PlanForged = "plan::forged" Error,
    /// A plan that was carried out before.
    PlanRepeated = "plan::repeated" Error,
    /// A part of a plan that can't be carried out without the rest.
    PlanPart = "plan::part" Error,
    /// Components that can't be put in an order.
    NoOrder = "plan::no-order" Error,
    /// A file that is no snapshot that can be used.
    SnapshotUnusable = "snapshot::unusable" Error,
    /// A snapshot of another cluster.
    SnapshotOther = "snapshot::other-cluster" Error,
    /// A run that has to be finished, or given up, first.
    RunUnfinished = "run::unfinished" Error,
    /// Runs that are recorded elsewhere.
    RunElsewhere = "run::elsewhere" Error,
    /// No such run.
    RunMissing = "run::missing" Error,
    /// Somebody else is at work, or has taken over.
    RunLocked = "run::locked" Error,
    /// A record of runs that can't be used.
    RecordUnusable = "run::record" Error,
    /// An instance that a run has isolated, and that can't be given its work back.
    Isolated = "run::isolated" Error,
    /// A run that nothing takes back.
    NoWayBack = "run::no-way-back" Error,
    /// Hosts that can't be asked.
    Unreachable = "host::unreachable" Error,
    /// A plan that can't be carried out by hand.
    EmitUnfit = "emit::unfit" Error,
    /// A template of scripts that can't be used.
    EmitTemplate = "emit::template" Error,
    /// A folder that scripts must not be written into.
    EmitFolder = "emit::folder" Error,
    /// Something that could not be signed.
    NotSigned = "signature::not-signed" Error,
    /// A key of somebody who may not approve.
    NotApprover = "approval::not-approver" Error,
    /// A stage without anything to approve.
    NothingToApprove = "approval::nothing" Error,
    /// Rules that can't be asked.
    PolicyRules = "policy::rules" Error,
    /// What was kept is not dropped now.
    FinaliseNotNow = "finalise::not-now" Error,
    /// Evidence of a run under another manifest.
    EvidenceOther = "evidence::other-manifest" Error,
    /// A simulated twin that can't be made.
    TwinUnusable = "rehearsal::twin" Error,

    /// Not TOML.
    Syntax = "toml::syntax" Error,
    /// A key that is written twice in one table.
    DuplicateKey = "toml::duplicate-key" Error,
    /// A key that no table of this kind has.
    UnknownKey = "toml::unknown-key" Error,
    /// A key that a table of this kind must have.
    MissingKey = "toml::missing-key" Error,
    /// A value of another type than the key's.
    WrongType = "toml::wrong-type" Error,
    /// A number outside of its bounds.
    OutOfRange = "toml::out-of-range" Error,
    /// An empty text or list where something must be.
    Empty = "toml::empty" Error,
    /// A word that isn't one of the allowed ones.
    UnknownWord = "toml::unknown-word" Error,
    /// None, or more than one, of keys that exclude each other.
    ChooseOne = "toml::choose-one" Error,
    /// A format version that this `mdc` doesn't read.
    FormatVersion = "toml::format-version" Error,

    /// Not a name.
    BadName = "value::name" Error,
    /// Not a version.
    BadVersion = "value::version" Error,
    /// Not a SHA-256 digest.
    BadDigest = "value::digest" Error,
    /// Not a period.
    BadPeriod = "value::period" Error,
    /// Not a number or a part of a hundred.
    BadShare = "value::share" Error,
    /// Not an amount of data.
    BadSize = "value::size" Error,
    /// Not the address of a web server.
    BadWebAddress = "value::web-address" Error,
    /// Not a path on a host.
    BadPath = "value::path" Error,

    /// A secret that is written into the file.
    PlainSecret = "manifest::plain-secret" Error,
    /// Not the address of a database that can be used.
    BadDatabase = "manifest::database" Error,
    /// No host at all.
    NoHosts = "manifest::no-hosts" Error,
    /// A range that can't be read.
    RangeSyntax = "manifest::range-syntax" Error,
    /// A range with nothing in it.
    RangeEmpty = "manifest::range-empty" Error,
    /// A range whose end comes before its start.
    RangeBackward = "manifest::range-backward" Error,
    /// A range of too many names.
    RangeTooLarge = "manifest::range-too-large" Error,
    /// A host range and an address range of different length.
    RangeLength = "manifest::range-length" Error,
    /// Two hosts of one name.
    DuplicateHost = "manifest::duplicate-host" Error,
    /// Two hosts at one address.
    DuplicateAddress = "manifest::duplicate-address" Error,
    /// Not a host name and not an IP address.
    BadAddress = "manifest::address" Error,
    /// Not a jump host.
    BadJump = "manifest::jump" Error,
    /// A host without a connection.
    NoConnection = "manifest::no-connection" Error,
    /// A connection that isn't declared.
    UnknownConnection = "manifest::unknown-connection" Error,
    /// A connection that no host uses.
    UnusedConnection = "manifest::unused-connection" Warning,
    /// Keys of a WinRM connection that can't go together.
    WinrmLogin = "winrm::login" Error,
    /// A WinRM connection that takes any certificate.
    WinrmUnverified = "winrm::unverified" Warning,
    /// A host without an operating system.
    NoOs = "manifest::no-os" Error,
    /// A component that is listed twice for a host.
    DuplicatePlacement = "manifest::duplicate-placement" Error,
    /// A gate without a host on which it is asked.
    GateHost = "manifest::gate-host" Error,
    /// A pattern of files that no shell can be given as it stands.
    GatePattern = "manifest::gate-pattern" Error,
    /// A gate that no cluster could ever pass.
    GateIdle = "manifest::gate-idle" Error,
    /// A backup that is to be taken, and nobody says how.
    GateTake = "manifest::gate-take" Error,
    /// No part of a window of time.
    BadWindow = "manifest::window" Error,
    /// Test scans or a load without an API Gateway to submit files to.
    NoGateway = "manifest::no-gateway" Error,
    /// A secret that is sent over a connection that is not encrypted.
    KeyInClear = "manifest::key-in-clear" Warning,
    /// A notice that could not be sent as it is written.
    BadNotice = "manifest::notice" Error,
    /// Two notices of one name.
    DuplicateNotice = "manifest::duplicate-notice" Error,
    /// A template of a notice that can't be filled in.
    NoticeTemplate = "manifest::notice-template" Error,
    /// A request to Control Center that could not be sent as it is written.
    BadRoute = "manifest::route" Error,
    /// A template of a request to Control Center that can't be filled in.
    RouteTemplate = "manifest::route-template" Error,
    /// Hot backup that can't be as it is written.
    BadStandby = "manifest::standby" Error,
    /// Hot backup inside of a cluster.
    StandbyInCluster = "manifest::standby-in-cluster" Error,
    /// An installed version for something that the simulated fleet doesn't have.
    UnknownInstalled = "manifest::unknown-installed" Error,

    /// A package with neither a file nor a repository, or with both.
    PackageSource = "release::package-source" Error,
    /// A package key that no host can match.
    PackageKey = "release::package-key" Error,
    /// A package file by an absolute path.
    PackagePath = "release::package-path" Error,
    /// A package file that isn't there or can't be read.
    PackageUnreadable = "release::package-unreadable" Error,
    /// A package file whose content isn't the pinned one.
    DigestMismatch = "release::digest-mismatch" Error,
    /// A package file that isn't a package of its format.
    PackageFormat = "release::package-format" Error,
    /// A package file that says something else of itself than the release.
    PackageIdentity = "release::package-identity" Error,
    /// A release entry that no host uses.
    UnusedEntry = "release::unused" Warning,

    /// A component that the catalog doesn't have.
    UnknownComponent = "desired::unknown-component" Error,
    /// An operating system that `mdc` doesn't know.
    UnsupportedOs = "desired::unsupported-os" Error,
    /// A component that the catalog has no package or service name for on this system.
    NoFormat = "desired::no-format" Error,
    /// A component on a Windows host of which something is known for POSIX only.
    WindowsForm = "desired::windows-form" Error,
    /// A reboot in stage 1 of a host with something of stage 2.
    RebootOutsideWindow = "desired::reboot-outside-window" Error,
    /// A singleton on two hosts.
    SingletonTwice = "desired::singleton-twice" Error,
    /// A needed component that is placed nowhere.
    NeedMissing = "desired::need-missing" Error,
    /// A needed component that isn't on the same host.
    NeedNotOnHost = "desired::need-not-on-host" Error,
    /// A version that nobody has shown to work.
    Untested = "desired::untested" Warning,
    /// Two components that listen on one port of a host.
    PortClash = "desired::port-clash" Error,
    /// A placed component that the release lacks.
    NotInRelease = "desired::not-in-release" Error,
    /// No package for a host's operating system.
    NoPackage = "desired::no-package" Error,
    /// A component that can't be changed by the driver that is chosen for it.
    BadDriver = "desired::driver" Error,
    /// A component that is drained without being able to tell when it has finished.
    DrainBlind = "desired::drain-blind" Error,
    /// Replicas that there can't be.
    Replicas = "desired::replicas" Error,
    /// More that go at once than ever do.
    AtOnce = "desired::at-once" Warning,
    /// More that are to stay healthy than there are.
    TooManyHealthy = "desired::min-healthy" Error,
    /// Failures that are to be tolerated and can't be.
    Tolerate = "desired::tolerate" Error,
    /// A host without the label that its component goes over its hosts by.
    NoLabel = "desired::no-label" Error,
    /// A relay that can't be one.
    Relay = "desired::relay" Error,
    /// A component that is to be on a host and to be removed from it.
    RemovedAndPlaced = "desired::removed-and-placed" Error,
    /// A component that is to be removed, and that people or Control Center change.
    RemovedByOthers = "desired::removed-by-others" Error,
    /// A file of a component that can't be made.
    File = "desired::file" Error,
    /// A file with what steps took before can't be read.
    Durations = "desired::durations" Error,
    /// A version older than the catalog's minimum.
    BelowMinimum = "desired::below-minimum" Warning,

    /// A component file that lacks facts.
    Incomplete = "catalog::incomplete" Error,
    /// A health template that can't be filled in.
    Template = "catalog::template" Error,
    /// A procedure that contradicts itself.
    Procedure = "catalog::procedure" Error,
    /// A fact without a mark of how sure it is, or a mark without a fact.
    Mark = "catalog::mark" Error,
    /// Two components in one place of the order that must not share it.
    OrderClash = "catalog::order-clash" Error,
    /// A need for a component that the catalog doesn't have.
    UnknownNeed = "catalog::unknown-need" Error,
    /// Components that need each other.
    NeedCycle = "catalog::need-cycle" Error,
    /// A singleton that may change on several hosts at once.
    SingletonAtOnce = "catalog::singleton-at-once" Error,
    /// A package without a service for the same format, or the other way round.
    FormatMissing = "catalog::format-missing" Error,

    /// A file of those who may sign that can't be used.
    SignersFile = "signature::signers" Error,
    /// A rule that no approvals can meet.
    ApprovalRule = "approval::rule" Error,
    /// A plan that was made under another rule.
    ApprovalRuleChanged = "approval::rule-changed" Error,
    /// A plan that too few people have approved.
    ApprovalMissing = "approval::missing" Error,
    /// An approval that doesn't count.
    ApprovalRefused = "approval::refused" Warning,
    /// A plan that was made under another rule of rehearsals than the manifest has now.
    EvidenceRuleChanged = "evidence::rule-changed" Error,
    /// Changes that nobody has rehearsed.
    EvidenceMissing = "evidence::missing" Error,
    /// A file that is not evidence that counts.
    EvidenceRefused = "evidence::refused" Warning,
    /// A snapshot without a good signature.
    SnapshotSignature = "snapshot::signature" Error,
    /// A snapshot that is too old, or of the future.
    SnapshotAge = "snapshot::age" Error,

    /// A version older than what is there.
    Downgrade = "plan::downgrade" Error,
    /// A backup that stage 2 needs and nobody shows.
    NoBackup = "plan::no-backup" Error,
    /// Changes that could be taken back if the manifest named the release before.
    NoPrevious = "plan::no-previous-release" Warning,
    /// A change by Control Center that no route is known for.
    NoRoute = "plan::no-route" Error,
    /// A move that the rules of hot backup forbid.
    ForbiddenMove = "plan::forbidden-move" Error,
    /// A change that would leave fewer healthy than promised.
    MinHealthy = "plan::min-healthy" Error,
    /// A step fits in no opening of the window.
    WindowTooShort = "plan::window-too-short" Error,
    /// A window that doesn't open any more.
    WindowOver = "plan::window-over" Error,
    /// Stage 2 is longer than what is left of its window.
    WindowEnds = "plan::window-ends" Error,
    /// A host with another operating system than the manifest says.
    OsDiffers = "plan::os-differs" Error,

    /// A waiver of something that isn't a check, or can't be waived.
    WaiverCheck = "waiver::check" Error,
    /// A waiver for a host that isn't there.
    WaiverHost = "waiver::host" Error,
    /// A waiver until something that isn't a day.
    WaiverDate = "waiver::date" Error,
    /// A waiver whose last day is over.
    WaiverExpired = "waiver::expired" Error,
    /// A waiver of something that no check finds.
    WaiverUnused = "waiver::unused" Note,

    /// Too little room on a host's disk.
    Disk = "preflight::disk" Error,
    /// Little memory.
    Memory = "preflight::memory" Warning,
    /// A clock that differs from the others.
    Clock = "preflight::clock" Error,
    /// A host that waits for a reboot.
    Reboot = "preflight::reboot" Warning,
    /// A package for machines of another kind.
    Architecture = "preflight::architecture" Error,
    /// A component that isn't healthy before anything changes.
    Unhealthy = "preflight::unhealthy" Warning,
    /// A component that isn't healthy, that changes need, and that the plan doesn't mend before them.
    NeededUnhealthy = "preflight::needed-unhealthy" Error,
    /// A host that can't be read when stage 2 is to begin.
    Unseen = "preflight::unseen" Warning,
    /// A port that can't be reached from the host that needs it.
    Port = "preflight::unreachable-port" Error,
    /// A certificate that has expired.
    CertificateExpired = "preflight::certificate-expired" Error,
    /// A certificate that expires soon.
    CertificateExpires = "preflight::certificate-expires" Warning,
    /// An upgrade that leaves out a version that has to come between.
    Jump = "preflight::jump" Error,
    /// Data that stay behind while what needs them is upgraded.
    DataStay = "preflight::data-stay" Error,
    /// An older version in place of one that nothing leads back from.
    NoReturn = "preflight::downgrade" Error,
    /// A change to a version below the minimum that the vendor documents.
    TooOld = "preflight::below-minimum" Error,
    /// A component that would be older than one that it must not be older than.
    OlderThan = "preflight::older-than" Error,
    /// What a component runs on doesn't fit its version.
    Runtime = "preflight::runtime" Error,
    /// A version that the host's repositories have and its package manager would not install.
    NotInstallable = "preflight::not-installable" Error,
    /// A version that the host's repositories don't have, as far as the host knows them.
    NotOffered = "preflight::not-offered" Warning,
} }

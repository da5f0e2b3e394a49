//! What plans and commands tell beside what they do.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code that holds nothing up; empty for any other.
    #[expect(clippy::too_many_lines, reason = "a table of texts, one a code")]
    pub(super) fn explain_remark(self) -> &'static str {
        match self {
            Self::PullFromHere => {
                "`transfer = \"pull\"` lets Windows hosts fetch package files by HTTPS from the machine that \
                 runs mdc, which is faster than sending them through WinRM. Its firewall has to let the hosts \
                 in. A host that can't is sent the files as usual."
            }
            Self::FewCopies => {
                "The vendor's replicas of files are set so that some files can't be read, or none be stored, \
                 while one of the hosts that keep them changes. Plan the change for when nobody needs them, or \
                 write what the cluster has under `replicas` of the component."
            }
            Self::BackupUnseen => {
                "The vendor's procedure asks for a backup of this component before the change, and the manifest \
                 doesn't say how one is seen. Nothing stops without it, but nothing leads back either. Describe \
                 the backup under `[gates.backup.NAME]`: mdc then sees that there is a young and whole one, or \
                 takes it."
            }
            Self::WordTaken => {
                "Stage 2 begins on people's word here: nobody asks, or mdc asks and can't see whether the answer \
                 is right. Write how it is seen (`verify` under [gates.confirm.NAME], or let the gate of \
                 submissions ask the queues), or make sure of it yourself when you confirm."
            }
            Self::NoWindow => {
                "Stage 2 stops submissions and scanning, and nothing says when it may: it begins as soon as stage 1 \
                 and the gates before it are passed, whatever the hour, and nothing keeps it from going on into the \
                 hours of work. Write when it may run, `zone = \"Europe/Vienna\"` and `open = [\"Sat 22:00-04:00\"]` \
                 under [gates.window]; a step is then begun only when it fits into what is left of the window."
            }
            Self::PrimaryStays => {
                "This host is the primary of several, and its role can't be handed to another one before it \
                 changes, for the reason that is named. What needs the primary stops while it changes. Hand the \
                 role over by hand before, mend what is in the way, or take the stop for granted."
            }
            Self::SideBySide => {
                "Windows Installer tells products apart by their upgrade code, and that of the new package is \
                 another one: it would be installed beside what is there, instead of in its place. See whether \
                 it is the right package. If the vendor has changed the code, remove the old one by the steps \
                 that the vendor gives."
            }
            Self::GoesBack => {
                "The release has older versions than the hosts, and the plan brings them in the order of an upgrade: \
                 the vendor describes no way back, and the two stages with their gates stand in that order. So for \
                 a while Workers and instances are newer than the Identity Service and the Control Center that they \
                 use, which nobody has documented to work. What a run of mdc has brought is better taken back by \
                 `mdc rollback`: in reverse order, by the ways back that were reviewed with its plan. Where there is \
                 no such run, try the plan on a staging cluster first."
            }
            Self::Along => {
                "To install this version, the host's package manager has to change another package too, such as \
                 Erlang for RabbitMQ. Whatever else on the host uses that one changes with it. See that nothing \
                 does, or that it works with the new version."
            }
            Self::Stays => {
                "This is left as it is though one might expect otherwise, for the reason that is named: it has \
                 no way back, nobody knows enough to remove it, or data are kept. What has to be done with it \
                 is for people to decide, and to do by hand."
            }
            Self::NotRebooted => {
                "The manifest asks for a reboot after this installation. It would come in stage 1, outside any \
                 window, and take a component away that may stop in stage 2 only. Reboot the host by hand in a \
                 window; after a later upgrade of the component it is rebooted in stage 2."
            }
            Self::RelayUnread => {
                "The relay that gives package files to the hosts of its site could not be read. Its hosts get \
                 nothing until it can, or get their files from the controller where the manifest says \
                 `otherwise = \"controller\"`. Make the relay readable, or name another (docs/copying.md)."
            }
            Self::SeveralOpenings => {
                "The steps of stage 2 take longer than one opening of the window. They stop at its end, and \
                 `mdc resume` goes on in the next; between them the cluster is of two releases. `mdc what-if \
                 --window TIME` and `--batch N` show what would fit."
            }
            Self::NoService => {
                "The package is installed, but the host has no service of the name that the catalog gives. mdc \
                 can't see whether the component runs. Correct `unit` of the component in the catalog \
                 (`--catalog DIR`), or find out why the package has brought no service."
            }
            Self::SecretUnseen => {
                "A secret that the manifest names can't be read on this machine, so that nobody knows whether \
                 hosts have the right one, or no instance can be licensed by it. Put it where the manifest says \
                 (an environment variable, a file or a command), then ask again."
            }
            Self::PartUnknown => {
                "An instance of hot backup could not be asked, or has not told all. As long as nobody knows \
                 which one is the production instance, no licence of its site is moved, since two must never \
                 scan by one licence. Make it reachable and plan again; when it stays down, `mdc failover` lets \
                 a standby take over."
            }
            Self::DeploymentMoved => {
                "MD Core makes its deployment id from the host's hardware and name. Another id than before is a \
                 new activation for the licence server, and what the old one holds has to be given back there. \
                 See that the change was meant, give the old one back, and write the new id in the manifest if \
                 it is named there."
            }
            Self::LicenceOver => {
                "The licence of the production instance has expired: it takes no scans, whatever its version. \
                 An upgrade doesn't mend that. Renew the licence first."
            }
            Self::NobodyTakesOver => {
                "The production instance is changed while no backup of it is registered online that could take \
                 over: nothing is scanned meanwhile. Register a backup before, or plan the change for when \
                 nobody needs scans."
            }
            Self::PartsSwapped => {
                "With `upgrade = \"nominate\"` the backup that took over stays the production instance. The \
                 manifest still says otherwise, and the next plan would move the licence back. Swap the roles \
                 in the manifest when this plan is done."
            }
            Self::SettingsLater => {
                "Backups get the settings of their production instance as a reviewer has seen them. This plan changes \
                 the version of the production instance before the backup can be given them, and another version \
                 may write the same settings otherwise. Plan again when this plan is done: that plan brings the \
                 settings, and `mdc status` says until then that they differ."
            }
            Self::NotReady => {
                "The standby can take over, but something about it is not as it should be, such as its version, \
                 its settings or the age of what it has imported. A takeover that can't wait goes on all the \
                 same. Look at it as soon as it scans."
            }
            Self::BegunWithout => {
                "An earlier run was begun without the approvals or rehearsals that its manifest asked for. Who \
                 did that and why is in its record, and stays to be told in every later plan, so that a glass \
                 that was broken once does not become a habit."
            }
            Self::RecordUnread => {
                "Something that was recorded of earlier runs can't be read, so that this answer is made without \
                 it. The message names what. Mend the place where runs are recorded (see `mdc history`), and \
                 ask again."
            }
            Self::LeftBehind => {
                "A host could not be asked to remove what a run has left there: its record, its jobs, or package \
                 files that no plan needs any more. It does no harm but takes room. Make the host reachable; \
                 `mdc stage --clean` removes files, and the folder is /var/lib/mdc."
            }
            Self::WithoutWork => {
                "A run has kept new work from an instance (`rolling.drain`) and was cut off before it gave that \
                 back, or left its step out on a host that can't be asked: the instance may be idle until \
                 somebody does. Go on with the run, give it up, or run the command of the message there."
            }
            _ => "",
        }
    }
}

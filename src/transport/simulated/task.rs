//! What a simulated host does with a task: the change, and what the real tools would print.

use std::time::Duration;

use super::exit;
use super::fault::{self, Fault};
use super::host::{Host, Unit, packaged};
use super::managed::Sent;
use crate::catalog::Format;
use crate::desired::Probe;
use crate::fact::{PackageState, UnitState};
use crate::transport::{Output, Task};
use crate::value::{Digest, Period, RemotePath, Version};

/// Lines of a log that are shown of each kind.
const SHOWN: usize = 5;

/// What came over standard input.
pub(super) enum Received {
    /// Nothing.
    Nothing,
    /// A file, by its content and size.
    File(Digest, u64),
    /// A managed file.
    Managed(Sent),
    /// Words.
    Text(String),
}

/// What a task came to.
pub(super) struct Outcome {
    pub(super) output: Output,
    /// Modelled time.
    pub(super) takes: Duration,
}

impl Host {
    /// Carries out `task`. A fault makes it fail, unless it only breaks the connection afterwards.
    pub(super) fn carry_out(
        &mut self,
        task: &Task,
        received: &Received,
        fault: Option<&Fault>,
    ) -> Outcome {
        let says = fault.filter(|fault| fault.fails()).map(|fault| fault.says.as_str());
        let check = self.durations.check;
        if !task.only_looks() {
            self.log.push(fault::key(task));
        }
        let (period, output) = match (task, says) {
            (Task::InstallFile { path, .. }, None) if !self.files.contains_key(path.as_str()) => {
                (check, exit(100, "", format!("E: Unsupported file {path} given on commandline")))
            }
            (
                Task::InstallFile { package, version, unit, .. }
                | Task::InstallFromRepository { package, version, unit },
                says,
            ) => self.install(package, version, unit, says),
            (_, Some(says)) => (check, exit(1, "", says)),
            (Task::FindFile { path, digest } | Task::CheckFile { path, digest }, None) => {
                (check, self.check_file(path, *digest))
            }
            (Task::ReceiveFile { path, digest, size, .. }, None) => {
                self.receive(path, (*digest, *size), received)
            }
            (Task::Relay(task), None) => self.relay(task, received),
            (Task::WriteFile { .. }, None) => {
                let sent = if let Received::Managed(sent) = received { Some(sent) } else { None };
                (check, self.write_file(task, sent))
            }
            (Task::CheckWritten { path, digest, .. }, None) => {
                (check, self.check_written(path, *digest))
            }
            (Task::RestoreFile { path, key }, None) => (check, self.restore_file(path, key)),
            (Task::RemovePackage { package, unit }, None) => {
                (self.durations.install, self.remove(package, unit))
            }
            (Task::CheckRemoved { package }, None) => (check, self.check_removed(package)),
            (Task::RestartUnit { unit }, None) => (check, self.restart(unit)),
            (Task::StartUnit { unit }, None) => (check, self.start(unit)),
            (
                Task::CheckVersion { package, version }
                | Task::ByHand { package, version, .. }
                | Task::AwaitVersion { package, version, .. },
                None,
            ) => (check, self.check_version(package, version)),
            (Task::CheckUnit { unit }, None) => (check, self.check_unit(unit)),
            (Task::AwaitHealth { unit, probe, .. }, None) => self.await_health(unit, probe),
            (Task::Reboot {}, None) => self.boot_anew(),
            (Task::Isolate { unit }, None) => (check, self.isolate(unit, true)),
            (Task::Restore { unit }, None) => (check, self.isolate(unit, false)),
            (Task::Note { unit, what } | Task::Compare { unit, what, .. }, None) => {
                (check, self.holds(unit, what))
            }
            (Task::MoveData { unit, from, .. }, None) => (check, self.move_data(unit, from)),
            (Task::DropKept { unit, .. }, None) => (check, self.drop_kept(unit)),
            (Task::CheckGone { unit, .. }, None) => (check, self.check_gone(unit)),
            (Task::MoveBack { unit, package, .. }, None) => (check, self.move_back(unit, package)),
            (Task::CheckData { unit, .. }, None) => (check, self.check_data(unit)),
            (Task::HandOver { unit, primary, .. }, None) => (check, self.hand_over(unit, primary)),
            (Task::CheckRole { unit, primary }, None) => (check, self.check_role(unit, primary)),
            (task, None) => (check, self.beside(task, received)),
        };
        Outcome { output, takes: self.takes(period) }
    }

    /// What is asked beside a change.
    fn beside(&mut self, task: &Task, received: &Received) -> Output {
        match task {
            Task::MarkLog { unit } => self.mark_log(unit),
            Task::ReadLog { unit } => self.read_log(unit, received),
            Task::TryPort { endpoint, .. } => {
                let refused = self.faults.unreachable_ports.contains(endpoint);
                let said = if refused { "connect: Connection refused" } else { "" };
                exit(i64::from(refused), "", said)
            }
            Task::AwaitIdle { unit, .. } => self.left_to_do(unit),
            Task::RebootDue {} => exit(i64::from(!self.reboot_pending), "", ""),
            Task::NoteBoot {} | Task::AwaitBoot { .. } => exit(0, self.boot_id.as_str(), ""),
            Task::ProveBackup { newest, .. } | Task::BackUp { newest, .. } => {
                exit(0, format!("{newest}, as simulated"), "")
            }
            Task::Rehearse { .. }
            | Task::Fetch { .. }
            | Task::Prepare { .. }
            | Task::Finish { .. }
            | Task::Confirm { .. }
            | Task::AwaitHealthy { .. } => exit(0, "", ""),
            _ => exit(127, "", "the controller does this, not a host"),
        }
    }

    pub(super) fn check_file(&self, path: &RemotePath, digest: Digest) -> Output {
        match self.files.get(path.as_str()) {
            Some(found) if *found == digest => exit(0, format!("{path}: OK"), ""),
            Some(_) => exit(1, format!("{path}: FAILED"), ""),
            None => exit(1, "", format!("sha256sum: {path}: No such file or directory")),
        }
    }

    fn install(
        &mut self,
        package: &str,
        version: &Version,
        unit: &str,
        says: Option<&str>,
    ) -> (Period, Output) {
        let Some(new) = packaged(version, self.format) else {
            return (self.durations.check, exit(100, "", format!("E: no version {version}")));
        };
        let before = self.packages.get(package);
        if says.is_none() && before == Some(&PackageState::Installed(new.clone())) {
            let already = format!("{package} is already the newest version ({new}).");
            return (self.durations.check, exit(0, already, ""));
        }
        let service = self.units.entry(unit.to_owned()).or_insert(Unit::new(UnitState::Absent));
        let done = format!("Unpacking {package} ({new}) ...\nSetting up {package} ({new}) ...");
        let output = match (says, self.format) {
            (None, _) => {
                self.packages.insert(package.to_owned(), PackageState::Installed(new));
                (service.state, service.starting) = (UnitState::Active, true);
                service.log.append(&mut service.logs_next);
                exit(0, done, "")
            }
            // dpkg has unpacked the new version, whose script failed after the old one's had
            // stopped the service.
            (Some(says), Format::Deb) => {
                let status = "half-configured".to_owned();
                let broken = PackageState::Broken { version: new, status };
                self.packages.insert(package.to_owned(), broken);
                service.state = UnitState::Stopped("inactive".to_owned());
                exit(100, done, says)
            }
            // Windows Installer takes everything back.
            (Some(says), Format::Msi) => exit(1603, "", says),
            // dnf gives up before it changes anything.
            (Some(says), Format::Rpm) => exit(1, "", says),
        };
        (self.durations.install, output)
    }

    fn receive(
        &mut self,
        path: &RemotePath,
        wanted: (Digest, u64),
        received: &Received,
    ) -> (Period, Output) {
        let Received::File(digest, size) = *received else {
            return (self.durations.check, exit(1, format!("{path}: FAILED"), "received nothing"));
        };
        let millis = size.saturating_mul(1000) / self.durations.bytes_per_second.max(1);
        let output = if (digest, size) == wanted {
            self.files.insert(path.as_str().to_owned(), digest);
            self.sizes.insert(path.as_str().to_owned(), size);
            exit(0, format!("{path}: OK"), "")
        } else {
            exit(
                1,
                format!("{path}: FAILED"),
                format!("received {size} bytes with digest {digest}"),
            )
        };
        (Period::millis(millis), output)
    }

    fn start(&mut self, unit: &str) -> Output {
        match self.units.get_mut(unit) {
            Some(service) if service.state != UnitState::Absent => {
                service.starting |= service.state != UnitState::Active;
                service.state = UnitState::Active;
                exit(0, "", "")
            }
            _ => exit(
                5,
                "",
                format!("Failed to start {unit}.service: Unit {unit}.service not found."),
            ),
        }
    }

    fn remove(&mut self, package: &str, unit: &str) -> Output {
        self.packages.insert(package.to_owned(), PackageState::Absent);
        self.units.insert(unit.to_owned(), Unit::new(UnitState::Absent));
        exit(0, format!("Removing {package} ..."), "")
    }

    fn check_removed(&self, package: &str) -> Output {
        match self.packages.get(package) {
            None | Some(PackageState::Absent) => exit(0, "", ""),
            Some(_) => exit(1, "", "it is still installed"),
        }
    }

    fn restart(&mut self, unit: &str) -> Output {
        if !std::mem::take(&mut self.files_changed) {
            return exit(0, "", "");
        }
        if let Some(service) = self.units.get_mut(unit) {
            service.starting = true;
        }
        self.log.push(format!("restarted:{unit}"));
        self.start(unit)
    }

    fn await_health(&mut self, unit: &str, probe: &Probe) -> (Period, Output) {
        let mut period = self.durations.check;
        if let Some(service) = self.units.get_mut(unit) {
            service.probe = Some(probe.clone());
            if std::mem::take(&mut service.starting) {
                period = self.durations.start;
            }
        }
        (period, self.check_health(unit, probe))
    }

    /// What its file says that the service keeps.
    fn holds(&self, unit: &str, what: &str) -> Output {
        let held = self.units.get(unit).and_then(|unit| unit.holds.get(what));
        exit(0, held.map_or("simulated 0", String::as_str), "")
    }

    fn mark_log(&self, unit: &str) -> Output {
        exit(0, format!("since {}", self.units.get(unit).map_or(0, |unit| unit.log.len())), "")
    }

    /// By words, where real hosts go by the catalog's patterns.
    fn read_log(&self, unit: &str, received: &Received) -> Output {
        let since = match received {
            Received::Text(text) => text.trim().strip_prefix("since ").map(str::parse::<usize>),
            _ => None,
        };
        let Some(Ok(since)) = since else {
            return exit(2, "", "it is not known where the log ended");
        };
        let new = self.units.get(unit).into_iter().flat_map(|unit| unit.log.iter().skip(since));
        let low = new.map(|line| (line, line.to_lowercase()));
        let is_migration = |low: &str| low.contains("migrat") && low.contains("fail");
        let found = low.filter(|(_, low)| is_migration(low) || low.contains("error"));
        let (migrations, errors): (Vec<_>, Vec<_>) = found.partition(|(_, low)| is_migration(low));
        let lines = migrations.iter().take(SHOWN).chain(errors.iter().take(SHOWN));
        let mut said = vec!["bytes 0 1".to_owned()];
        said.push(format!("failed-migrations {}", migrations.len()));
        said.push(format!("errors {}", errors.len()));
        said.extend(lines.map(|(line, _)| format!("line {line}")));
        exit(0, said.join("\n"), "")
    }

    fn drop_kept(&mut self, unit: &str) -> Output {
        if let Some(unit) = self.units.get_mut(unit) {
            unit.kept = None;
        }
        exit(0, "", "")
    }

    fn check_gone(&self, unit: &str) -> Output {
        let kept = self.units.get(unit).and_then(|unit| unit.kept.as_ref());
        exit(i64::from(kept.is_some()), "", if kept.is_some() { "it is still kept" } else { "" })
    }

    fn move_data(&mut self, unit: &str, from: &Version) -> Output {
        if let Some(unit) = self.units.get_mut(unit) {
            (unit.moved, unit.kept) = (true, Some(from.major().to_owned()));
        }
        exit(0, "", "")
    }

    fn move_back(&mut self, unit: &str, package: &str) -> Output {
        self.packages.insert(package.to_owned(), PackageState::Absent);
        if let Some(unit) = self.units.get_mut(unit) {
            (unit.moved, unit.kept, unit.state) = (false, None, UnitState::Active);
        }
        exit(0, "", "")
    }

    fn check_data(&self, unit: &str) -> Output {
        let moved = self.units.get(unit).is_some_and(|unit| unit.moved);
        exit(i64::from(!moved), "", if moved { "" } else { "the old version serves the data" })
    }

    /// Who has the role then is in another host's file.
    fn hand_over(&mut self, unit: &str, primary: &str) -> Output {
        if self.is_primary(unit, primary)
            && let Some(unit) = self.units.get_mut(unit)
        {
            unit.role = Some("replica".to_owned());
        }
        exit(0, "", "")
    }

    fn check_role(&self, unit: &str, primary: &str) -> Output {
        if self.is_primary(unit, primary) {
            return exit(1, "", "it is the primary now");
        }
        exit(0, "", "")
    }

    fn is_primary(&self, unit: &str, primary: &str) -> bool {
        let role = self.units.get(unit).and_then(|unit| unit.role.as_deref());
        role.is_some_and(|role| role.split(' ').next() == Some(primary))
    }

    fn isolate(&mut self, unit: &str, isolated: bool) -> Output {
        let unit = self.units.entry(unit.to_owned()).or_insert(Unit::new(UnitState::Absent));
        unit.isolated = isolated;
        exit(0, "", "")
    }

    /// What is left gets less by one each time that it is asked for.
    fn left_to_do(&mut self, unit: &str) -> Output {
        let left = self.units.get_mut(unit).map_or(0, |unit| {
            let left = unit.left;
            unit.left = left.saturating_sub(1);
            left
        });
        exit(0, left.to_string(), "")
    }

    fn check_version(&self, package: &str, version: &Version) -> Output {
        match self.packages.get(package) {
            Some(PackageState::Installed(found)) if found.upstream() == version => {
                exit(0, format!("installed {found}"), "")
            }
            Some(PackageState::Installed(found)) => exit(1, format!("installed {found}"), ""),
            Some(PackageState::Broken { version, status }) => {
                exit(1, format!("{status} {version}"), "")
            }
            Some(PackageState::Absent) | None => {
                exit(1, "", format!("package {package} is not installed"))
            }
        }
    }

    /// With the exit statuses of systemctl(1), after the LSB.
    fn check_unit(&self, unit: &str) -> Output {
        match self.units.get(unit).map(|unit| &unit.state) {
            Some(UnitState::Active) => exit(0, "active", ""),
            Some(UnitState::Stopped(state)) => exit(3, state, ""),
            Some(UnitState::Absent) | None => exit(4, "inactive", ""),
        }
    }

    fn check_health(&self, unit: &str, probe: &Probe) -> Output {
        match (probe, self.is_healthy(unit), self.is_active(unit)) {
            (_, true, _) => exit(0, "", ""),
            (Probe::Http(url), _, true) => {
                exit(22, "", format!("curl: (22) The requested URL returned error: 503 ({url})"))
            }
            (Probe::Http(url), _, false) => {
                exit(7, "", format!("curl: (7) Failed to connect to {url}: Connection refused"))
            }
            (Probe::Command(line), ..) => exit(1, "", format!("{line}: not healthy")),
        }
    }
}

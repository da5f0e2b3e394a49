//! A simulated host's answer: the text that the real script prints there.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use jiff::Timestamp;

use super::host::Host;
use crate::address::ComponentName;
use crate::catalog::Format;
use crate::desired::{Probe, staged_content};
use crate::fact::{PackageState, UnitState};
use crate::transport::{MARK, Questions, ResourceQuestions};
use crate::value::PackageVersion;

impl Host {
    pub(super) fn answer(&self, questions: &Questions) -> String {
        let mut text = String::new();
        // Writing to a string doesn't fail (`fmt::Error` is for other sinks).
        let _ = self.machine(&mut text).and_then(|()| self.components(questions, &mut text));
        text
    }

    fn machine(&self, to: &mut String) -> fmt::Result {
        let clock = Timestamp::now().as_second().saturating_add(self.clock_ahead);
        writeln!(to, "{MARK}clock {clock} 1000.00")?;
        let os = self.os.as_deref().unwrap_or_default();
        let (id, version) = os.rsplit_once('-').unwrap_or((os, ""));
        writeln!(to, "{MARK}os ID={id}\n{MARK}os VERSION_ID=\"{version}\"")?;
        writeln!(to, "{MARK}architecture {}", self.architecture)?;
        let root = if self.format == Format::Msi { r"C:\" } else { "/" };
        writeln!(to, "{MARK}disk simulated 0 0 {} 0% {root}", self.free_disk / 1024)?;
        writeln!(to, "{MARK}memory {}", self.free_memory / 1024)?;
        for path in self.files.keys() {
            let is_staged = path.parse().is_ok_and(|path| staged_content(&path).is_some());
            let size = self.sizes.get(path).filter(|_| is_staged);
            size.map_or(Ok(()), |size| writeln!(to, "{MARK}staged {size} {path}"))?;
        }
        writeln!(to, "{MARK}boot {}", self.boot_id)?;
        writeln!(to, "{MARK}reboot {}", if self.reboot_pending { "yes" } else { "no" })
    }

    fn components(&self, questions: &Questions, to: &mut String) -> fmt::Result {
        let asked = questions.resources.values();
        let beside = questions.also.packages.iter().map(String::as_str);
        let packages: BTreeSet<&str> =
            asked.clone().flat_map(ResourceQuestions::packages).collect();
        writeln!(to, "{MARK}packages 0")?;
        for endpoint in &questions.also.reach {
            let refused = self.faults.unreachable_ports.contains(&endpoint.to_string());
            let said = if refused { "1 connect: Connection refused" } else { "0" };
            writeln!(to, "{MARK}reach {} {} {said}", endpoint.address, endpoint.port)?;
        }
        for package in packages.into_iter().chain(beside) {
            self.package(questions.format, package, to)?;
        }
        let units: BTreeSet<&str> = asked.map(|r| r.unit.as_str()).collect();
        for unit in units {
            let (load, active) = self.systemd(unit);
            writeln!(to, "{MARK}unit LoadState={load}\n{MARK}unit ActiveState={active}")?;
        }
        for (component, asked) in &questions.resources {
            for (name, file) in &asked.files {
                to.write_str(&self.file(component, name, file))?;
            }
            let mut there = asked.packages().filter_map(|name| self.packages.get(name));
            if there.any(|state| matches!(state, PackageState::Installed(_))) {
                let health = self.health(&asked.unit, &asked.health);
                writeln!(to, "{MARK}health {component} {health}")?;
                let unit = self.units.get(&asked.unit).filter(|_| asked.kept.is_some());
                if let Some(kept) = unit.and_then(|unit| unit.kept.as_ref()) {
                    writeln!(to, "{MARK}kept {component} {kept}")?;
                }
                let unit = self.units.get(&asked.unit).filter(|_| asked.role.is_some());
                if let Some(role) = unit.and_then(|unit| unit.role.as_ref()) {
                    writeln!(to, "{MARK}role {component} {role}")?;
                }
            }
        }
        for (component, asked) in &questions.resources {
            self.offer(component, asked, to)?;
        }
        let offered =
            questions.also.packages.iter().filter_map(|it| self.runtimes.get_key_value(it));
        for (package, versions) in offered {
            let versions: Vec<&str> = versions.iter().map(PackageVersion::as_str).collect();
            writeln!(to, "{MARK}runtime {package} {}", versions.join(" "))?;
        }
        writeln!(to, "{MARK}end 1000.00")
    }

    /// Simulated repositories have every version.
    fn offer(
        &self,
        component: &ComponentName,
        asked: &ResourceQuestions,
        to: &mut String,
    ) -> fmt::Result {
        let Some(version) = &asked.repository else { return Ok(()) };
        let there = self.packages.get(&asked.package);
        if matches!(there, Some(PackageState::Installed(it)) if it.upstream() == version) {
            return Ok(());
        }
        writeln!(to, "{MARK}offer {component} sizes 1048576 4194304")
    }

    fn package(&self, format: Format, package: &str, to: &mut String) -> fmt::Result {
        let (status, version) = match self.packages.get(package) {
            Some(PackageState::Installed(version)) => ("installed", version),
            Some(PackageState::Broken { version, status }) => (status.as_str(), version),
            None | Some(PackageState::Absent) if format == Format::Rpm => {
                return writeln!(to, "{MARK}package package {package} is not installed");
            }
            None | Some(PackageState::Absent) => return Ok(()),
        };
        let since = self.since.get(package).map(|second| format!(" {second}"));
        let since = since.unwrap_or_default();
        let package = package.replace('%', "%25").replace(' ', "%20");
        writeln!(to, "{MARK}package {package} {status} {version}{since}")
    }

    /// systemd's `LoadState` and `ActiveState`.
    fn systemd(&self, unit: &str) -> (&str, &str) {
        match self.units.get(unit).map(|unit| &unit.state) {
            Some(UnitState::Active) => ("loaded", "active"),
            Some(UnitState::Stopped(state)) => ("loaded", state),
            Some(UnitState::Absent) | None => ("not-found", "inactive"),
        }
    }

    fn health(&self, unit: &str, probe: &Probe) -> &'static str {
        match (probe, self.is_active(unit), self.is_healthy(unit)) {
            (Probe::Http(_), _, true) => "curl 0 200",
            (Probe::Http(_), true, false) => "curl 0 503",
            (Probe::Http(_), false, _) => "curl 7 000",
            (Probe::Command(_), _, true) => "command 0",
            (Probe::Command(_), _, false) => "command 1 not healthy",
        }
    }
}

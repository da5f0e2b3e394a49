//! From a host's answer to its facts.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::fact::{
    architecture, boot, certificate, clock, clock::Exchange, disk, file, health, kept, memory,
    offer, os, package, reach, reboot, role, runtime, staged, unit,
};
use super::{ComponentFacts, HostFacts, UnitState, Unreadable};
use crate::address::ComponentName;
use crate::transport::Questions;

/// Reads what a host printed when it was asked `questions`, at the time `at`.
///
/// The bytes are not trusted: any bytes give facts or an error, and texts in the facts are short
/// and free of control characters.
///
/// # Errors
/// When the answer is not whole, too long, or not an answer to these questions.
pub fn parse(answer: &[u8], questions: &Questions, at: Exchange) -> Result<HostFacts, Unreadable> {
    let text = String::from_utf8_lossy(answer);
    let answer = Answer::read(&text)?;
    Ok(HostFacts {
        os: os::parse(&answer)?,
        architecture: architecture::parse(&answer)?,
        free_disk: disk::parse(&answer)?,
        free_memory: memory::parse(&answer)?,
        clock_ahead: clock::parse(&answer, at)?,
        boot_id: boot::parse(&answer)?,
        reboot_pending: reboot::parse(&answer)?,
        file_systems: disk::file_systems(&answer),
        unreachable: reach::parse(&answer, questions)?,
        certificates: certificate::parse(&answer, questions),
        offers: offer::parse(&answer, questions)?,
        runtimes: runtime::parse(&answer, questions),
        packages: package::beside(&answer, questions)?,
        staged: staged::parse(&answer),
        components: components(&answer, questions)?,
    })
}

fn components(
    answer: &Answer<'_>,
    questions: &Questions,
) -> Result<BTreeMap<ComponentName, ComponentFacts>, Unreadable> {
    if questions.resources.is_empty() {
        return Ok(BTreeMap::new());
    }
    package::check(answer, questions)?;
    let units: BTreeMap<&str, UnitState> = unit::parse(answer, questions)?.into_iter().collect();
    let facts = questions.resources.iter().map(|(component, asked)| {
        let package = package::of(answer, questions.format, asked)?;
        let health = health::parse(answer, component, &package)?;
        let unit = units.get(asked.unit.as_str()).cloned().unwrap_or(UnitState::Absent);
        let role = role::parse(answer, component)?;
        let files = file::parse(answer, component, &asked.files)?;
        let since = package::since(answer, asked);
        let kept = kept::parse(answer, component);
        let facts = ComponentFacts { package, unit, health, since, role, files, kept };
        Ok((component.clone(), facts))
    });
    facts.collect()
}

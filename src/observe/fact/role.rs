//! Roles: which of several hosts of a component is the primary, asked of the component itself.
//!
//! As for health, questions run beside each other, and each prints one line in one go.

use super::is_installed;
use crate::address::ComponentName;
use crate::observe::Unreadable;
use crate::observe::answer::{Answer, not_usable, printable};
use crate::transport::{Questions, quote};

/// The first line of the answer counts, split into words; what fails says nothing.
const SCRIPT: &str = r#"
role() {
said=$(timeout -s KILL 10 sh -c "$2" </dev/null | head -n 1 | head -c 300) && set -- "$1" $said && [ $# -gt 1 ] && printf '@mdc role %s\n' "$*"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let asked = questions.resources.iter().filter_map(|(component, resource)| {
        let (installed, ask) = (is_installed(resource), quote(resource.role.as_ref()?));
        Some(format!("if {installed}; then role {component} {ask} & fi\n"))
    });
    let asked: String = asked.collect();
    if asked.is_empty() { asked } else { [SCRIPT, &asked].concat() }
}

/// What the component says of its role; none when it is not asked or doesn't say.
pub(in crate::observe) fn parse(
    answer: &Answer<'_>,
    component: &ComponentName,
) -> Result<Option<String>, Unreadable> {
    let mut told = answer
        .all("role")
        .iter()
        .filter_map(|line| line.strip_prefix(component.as_str())?.strip_prefix(' '));
    match (told.next(), told.next()) {
        (said, None) => Ok(said.map(printable).filter(|said| !said.is_empty())),
        _ => Err(not_usable(format!("it tells the role of {component} more than once"))),
    }
}

//! Old major versions whose data are kept for the way back, asked of the component's own tools.
//!
//! As for health, questions run beside each other, and each prints one line in one go.

use super::is_installed;
use crate::address::ComponentName;
use crate::observe::answer::{Answer, printable};
use crate::transport::{Questions, quote};

/// Versions that are told of one component.
const MOST: usize = 10;

/// The answer is split into words; what fails says nothing.
const SCRIPT: &str = r#"
kept() {
said=$(timeout -s KILL 10 sh -c "$2" </dev/null | head -n 10 | head -c 300) && set -- "$1" $said && [ $# -gt 1 ] && printf '@mdc kept %s\n' "$*"; }
"#;

pub(in crate::observe) fn script(questions: &Questions) -> String {
    let asked = questions.resources.iter().filter_map(|(component, resource)| {
        let (installed, ask) = (is_installed(resource), quote(resource.kept.as_ref()?));
        Some(format!("if {installed}; then kept {component} {ask} & fi\n"))
    });
    let asked: String = asked.collect();
    if asked.is_empty() { asked } else { [SCRIPT, &asked].concat() }
}

/// The old major versions whose data are kept, as the component's tools say it.
pub(in crate::observe) fn parse(answer: &Answer<'_>, component: &ComponentName) -> Vec<String> {
    let told = answer.all("kept").iter();
    let told = told.filter_map(|line| line.strip_prefix(component.as_str())?.strip_prefix(' '));
    let words = told.flat_map(|said| said.split(' ')).map(printable);
    words.filter(|word| !word.is_empty()).take(MOST).collect()
}

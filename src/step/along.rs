//! What a component runs on and has to change in the same transaction: RabbitMQ's Erlang. All packages that
//! were built together with it come along in the same version, as Debian and EPEL split it up.

use crate::catalog::Format;
use crate::desired::Resource;
use crate::transport::quote;

/// A prefix of a command line, and what it gives the package manager to install besides: both empty where
/// nothing comes along.
pub(super) fn along(resource: &Resource) -> (String, &'static str) {
    let Some(along) = &resource.along else { return (String::new(), "") };
    let (package, to) = (quote(&along.package), quote(along.to.as_str()));
    let found = match resource.format {
        Format::Deb => format!(
            "of=$(dpkg-query -W -f '${{source:Package}} ${{Version}}' {package}) && \
             along=$(dpkg-query -W -f '${{db:Status-Status}} ${{source:Package}} ${{Version}} ${{Package}}\\n' | \
             awk -v of=\"$of\" -v to={to} '$1 == \"installed\" && $2 \" \" $3 == of {{ print $4 \"=\" to }}') && "
        ),
        Format::Rpm => format!(
            "of=$(rpm -q --qf '%{{SOURCERPM}}' {package}) && \
             along=$(rpm -qa --qf '%{{SOURCERPM}} %{{NAME}}\\n' | \
             awk -v of=\"$of\" -v to={to} '$1 == of {{ print $2 \"-\" to }}') && "
        ),
        Format::Msi => return (String::new(), ""),
    };
    (found, " $along")
}

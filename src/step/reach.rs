//! Whether those that need a component reach it: each tries on its own host.

use crate::address::{ComponentName, HostName};
use crate::catalog::Format;
use crate::observe::try_port;
use crate::transport::{Account, Command, Endpoint, Task};
use crate::value::Period;

/// Time for one attempt on one host.
const TRY: Period = Period::seconds(15);
/// When it is given up: the component itself is healthy by then, and only the way to it is tried.
const GIVE_UP: Period = Period::seconds(10);

/// What stands for asking all hosts that need `component`.
#[must_use]
pub fn await_reach(component: &ComponentName, of: usize) -> Command {
    let component = component.to_string();
    let task = Task::AwaitReach { component, of, give_up: GIVE_UP };
    Command { run: String::new(), account: Account::Login, within: TRY, task }
}

/// The command for one host, with packages of `format`, that tries to reach `component` at `endpoint`,
/// which is `host`.
#[must_use]
pub fn reach(
    component: &ComponentName,
    (endpoint, host): (&Endpoint, &HostName),
    format: Format,
) -> Command {
    let task = Task::TryPort {
        component: component.to_string(),
        host: host.clone(),
        endpoint: endpoint.to_string(),
    };
    Command { run: try_port(endpoint, format), account: Account::Login, within: TRY, task }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::Command as Process;

    use super::*;
    use crate::observe::why_unreachable;

    /// By a real shell, on a real port.
    #[test]
    fn a_port_is_tried_on_the_host_itself() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let ask = || {
            let endpoint = Endpoint { address: "127.0.0.1".to_owned(), port };
            let (component, host) = ("redis".parse().unwrap(), "cache-01".parse().unwrap());
            let command = reach(&component, (&endpoint, &host), Format::Deb);
            let output = Process::new("sh").args(["-c", &command.run]).output().unwrap();
            (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        assert_eq!(ask().0, 0);
        drop(listener);
        let (status, said) = ask();
        assert_eq!(why_unreachable(&status.to_string(), &said), "connection refused", "{said}");
    }
}

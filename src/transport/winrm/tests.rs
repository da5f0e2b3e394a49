//! Against a stand-in for a Windows host (`tests/winrm/host.py`), whose judgement of logins is code that
//! others wrote. Where its parts can't be had, the tests say so and pass; with `MDC_WINRM=require` they
//! fail then.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod commands;
mod doctor;
mod harness;
mod kerberos;
mod logins;
mod mishaps;
mod recorded;
#[path = "../../../tests/winrm/stand_in.rs"]
mod stand_in;
mod trickles;
mod wine;

/// Connections are made in one thread and used in others.
#[test]
fn a_shell_can_go_to_another_thread() {
    fn goes<T: Send>() {}
    goes::<super::WinrmShell>();
}

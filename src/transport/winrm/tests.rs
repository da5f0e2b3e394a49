//! Against a stand-in for a Windows host (`tests/winrm/host.py`), whose judgement of logins is code that
//! others wrote. Where its parts can't be had, the tests say so and pass; with `MDC_WINRM=require` they
//! fail then.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod commands;
mod harness;
mod kerberos;
mod logins;
mod mishaps;
mod recorded;
mod wine;

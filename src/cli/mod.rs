//! The command line: one file a command. Data goes to standard output, talk to standard error.
//!
//! Exit status: 0 done or nothing to do, 1 error or not everything done, 2 changes are present
//! (`plan --detailed-exitcode`) or a plan means something else (`diff`, `check`), 3 a rule refuses it
//! (`policy`), 130 a signal has ended it.

mod adopt;
mod apply;
mod approval;
mod approve;
mod backup;
mod basis;
mod call;
mod carry;
mod check;
mod choice;
mod claims;
mod comments;
mod console;
mod debts;
mod diff;
mod doctor;
mod emit;
mod events;
mod evidence;
mod explain;
mod failover;
mod finalise;
mod form;
mod generate;
mod give_work;
mod history;
mod hold;
mod isolated;
mod notify;
mod observe;
mod plan;
mod policy;
mod preflight;
mod problem;
mod recorded;
mod records;
mod rehearse;
mod report;
mod resume;
mod rollback;
mod saved;
mod show;
mod sign;
mod signals;
mod site;
mod stage;
mod staged;
mod status;
mod stop;
mod survey;
mod target;
mod trust;
mod twin;
mod under_load;
mod validate;
mod watch;
mod what_if;
mod who;
mod why_not;
mod window;

use std::env;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;

use call::Call;
use console::Console;
use problem::Problem;

/// Plans and carries out upgrades of an OPSWAT MetaDefender Cluster.
#[derive(Debug, Parser)]
#[command(name = "mdc", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Every command answers programs with `--format json`, also written `--output json` or \
                        `-o json`: one document, with `format` and `version`, on standard output."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Common {
    /// A folder of catalog entries (`<component>/component.toml`) that add to the built-in ones or
    /// replace them; may be given several times
    #[arg(long, global = true, value_name = "DIR")]
    catalog: Vec<Utf8PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// How many hosts to work on at once (default: 32; near hosts are read 16 at once, slow ones 32, far ones up to 128)
    #[arg(long, global = true, value_name = "N")]
    at_once: Option<NonZeroUsize>,
}

impl Common {
    /// How many hosts to work on at once.
    fn at_once(&self) -> NonZeroUsize {
        const USUAL: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);
        self.at_once.unwrap_or(USUAL)
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check manifest, release and catalog without touching a host
    Validate(validate::Validate),
    /// Read all hosts and show what they told
    Observe(observe::Observe),
    /// Show what would be done
    Plan(plan::Plan),
    /// Show a saved plan
    Show(show::Show),
    /// See whether a saved plan is still what would be planned now
    Check(check::Check),
    /// Show what moved between two plans in meaning
    Diff(diff::Diff),
    /// Ask rules of your own about a plan
    Policy(policy::Policy),
    /// Sign your approval of a saved plan, or see who has approved it
    Approve(approve::Approve),
    /// Write a saved plan as a runbook and scripts, to be carried out by hand
    Emit(emit::Emit),
    /// Bring what a plan copies to its hosts, days before it is carried out
    Stage(stage::Stage),
    /// Carry a plan out: a saved one, or one made now
    Apply(apply::Apply),
    /// Carry a plan out on a staging cluster, and write what came of it as evidence
    Rehearse(Box<rehearse::Rehearse>),
    /// Go on with a run that did not come to its end
    Resume(resume::Resume),
    /// Let a standby of MD Core take over at once
    Failover(failover::Failover),
    /// Take backups now, and read them back
    Backup(backup::Backup),
    /// Take back what the newest run has done
    Rollback(rollback::Rollback),
    /// Drop what was kept for the way back, once nobody goes back
    Finalise(finalise::Finalise),
    /// Ask the run that goes on to begin no more steps for now
    Pause(stop::Pause),
    /// Ask a paused run to go on
    GoOn(stop::GoOn),
    /// Ask the run that goes on to stop
    Stop(stop::Stop),
    /// List what was carried out
    History(history::History),
    /// Tell all about a run, as a record for an audit
    Report(report::Report),
    /// Take the record of runs over from a folder
    Adopt(adopt::Adopt),
    /// Show what is desired beside what is, host by host
    Status(status::Status),
    /// Show hosts' keys and, where you have compared them, trust them from now on
    Trust(trust::Trust),
    /// See why a host can't be reached, step by step
    Doctor(doctor::Doctor),
    /// Send a test notice through every channel
    Notify(notify::Notify),
    /// Say why a plan does nothing, or nothing more, on a host
    WhyNot(why_not::WhyNot),
    /// Show what would be otherwise with another window or other batches
    WhatIf(what_if::WhatIf),
    /// Say more about a diagnostic code, or about a step of a plan
    Explain(explain::Explain),
    /// Write schemas, shell completions, man pages, or what hosts need for least privilege
    Generate(generate::Generate),
}

/// How a command that didn't fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Not everything is done; the command has said what.
    Incomplete,
    /// There are changes to make, or something moved.
    Changes,
    /// A rule of the user's refuses it.
    Refused,
}

/// The manifest that a command works on.
#[derive(Debug, Args)]
struct ManifestPath {
    /// The manifest
    #[arg(value_name = "MANIFEST", default_value = "mdc.toml")]
    manifest: Utf8PathBuf,
}

/// Runs the command that the process's arguments name.
#[must_use]
pub fn main() -> ExitCode {
    // Secrets are in memory for moments, and the environment may hold some all the time: neither a
    // core dump nor another process of the same user may see them (prctl(2), PR_SET_DUMPABLE).
    // Where the kernel refuses, everything else still holds.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    signals::close_first();
    let call = Call::of(env::args_os());
    let arguments = match Arguments::try_parse_from(call.words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that was asked for is data; a wrong call is an error like any other (clap's own
            // status for it, 2, means "changes are present" here).
            if error.use_stderr() {
                Console::new(Colour::Auto, call.is_for_programs).refuses(&error);
                return ExitCode::FAILURE;
            }
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
    };
    let console = Console::new(arguments.common.color, call.is_for_programs);
    let ended = run(&arguments, &console);
    signals::have_the_last_word();
    match ended {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Incomplete) => ExitCode::FAILURE,
        Ok(Exit::Changes) => ExitCode::from(2),
        Ok(Exit::Refused) => ExitCode::from(3),
        Err(problem) => {
            console.fails(&problem);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, console: &Console) -> Result<Exit, Problem> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Validate(validate) => validate.run(common, console),
        Command::Observe(observe) => observe.run(common, console),
        Command::Plan(plan) => plan.run(common, console),
        Command::Show(show) => show.run(console),
        Command::Check(check) => check.run(common, console),
        Command::Diff(diff) => diff.run(console),
        Command::Policy(policy) => policy.run(console),
        Command::Approve(approve) => approve.run(console),
        Command::Emit(emit) => emit.run(console),
        Command::Stage(stage) => stage.run(common, console),
        Command::Apply(apply) => apply.run(common, console),
        Command::Rehearse(rehearse) => rehearse.run(common, console),
        Command::Resume(resume) => resume.run(common, console),
        Command::Failover(failover) => failover.run(common, console),
        Command::Backup(backup) => backup.run(common, console),
        Command::Rollback(rollback) => rollback.run(common, console),
        Command::Finalise(finalise) => finalise.run(common, console),
        Command::Pause(pause) => pause.run(console),
        Command::GoOn(go_on) => go_on.run(console),
        Command::Stop(stop) => stop.run(console),
        Command::History(history) => history.run(console),
        Command::Report(report) => report.run(console),
        Command::Adopt(adopt) => adopt.run(console),
        Command::Status(status) => status.run(common, console),
        Command::Trust(trust) => trust.run(common, console),
        Command::Doctor(doctor) => doctor.run(console),
        Command::Notify(notify) => notify.run(common, console),
        Command::WhatIf(what_if) => what_if.run(common, console),
        Command::WhyNot(why_not) => why_not.run(console),
        Command::Explain(explain) => explain.run(console),
        Command::Generate(generate) => generate.run(common, console),
    }
}

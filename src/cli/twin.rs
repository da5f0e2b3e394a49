//! A plan, rehearsed on a simulated twin: what `mdc rehearse --twin` does.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

use indicatif::ProgressBar;

use super::console::Console;
use super::problem::Problem;
use super::site::Site;
use super::{signals, watch};
use crate::apply::Control;
use crate::diagnostic::Code;
use crate::evidence::Drill;
use crate::observe::Observed;
use crate::plan::Plan;
use crate::rehearsal::{self, Drills, Twin, Whole};
use crate::view::progress::Subject;

/// What a rehearsal on a twin came to.
pub(super) struct Rehearsed<'s> {
    /// The whole plan, carried out undisturbed.
    pub(super) whole: Whole<'s>,
    /// Its steps, each made to fail; none when the whole plan did not come to its end.
    pub(super) drills: Vec<Drill>,
}

/// Carries `plan` out on a twin of what was `observed`, then makes the steps fail that `which` names,
/// each on a twin of its own. No host is touched.
pub(super) fn rehearse<'s>(
    site: &'s Site,
    (observed, plan): (&'s Observed, &Plan),
    which: Drills,
    console: &Console,
) -> Result<Rehearsed<'s>, Problem> {
    let (control, inbox) = Control::channel();
    signals::handle(control)?;
    let twin = Twin::new(&site.desired, &site.release.folder, observed)?;
    let whole = watch::watching(console, Subject::Plan(plan), |progress, start| {
        twin.carry_out(plan, (site.at_once, inbox), &mut |event| match event {
            Some(event) => progress.event(start.elapsed(), &event),
            None => progress.tick(start.elapsed()),
        })
    })?;
    let drills = drills(&whole, which, console)?;
    if signals::are_heard() {
        return Err(Problem::new(
            Code::Interrupted,
            "the rehearsal was interrupted",
            "no host was touched; rehearse again",
        ));
    }
    Ok(Rehearsed { whole, drills })
}

fn drills(
    whole: &Whole<'_>,
    which: Drills,
    console: &Console,
) -> Result<Vec<Drill>, rehearsal::Error> {
    if !io::stderr().is_terminal() {
        let mut number = 0;
        return rehearsal::drills(whole, which, &mut |drill, of| {
            number += 1;
            console.say(&format!("drill {number} of {of}: {}: {}", drill.step, drill.in_words()));
            go_on()
        });
    }
    let bar = ProgressBar::new(0).with_message("drills");
    let made = rehearsal::drills(whole, which, &mut |_, of| {
        bar.set_length(of as u64);
        bar.inc(1);
        go_on()
    });
    bar.finish_and_clear();
    made
}

/// Not when somebody wants the command to end.
fn go_on() -> ControlFlow<()> {
    if signals::are_heard() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

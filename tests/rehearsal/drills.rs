//! Every step that fails, and what follows.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::LazyLock;

use mdc::address::HostName;
use mdc::diff::Action;
use mdc::evidence::{Back, Drill};
use mdc::observe::{HealthState, HostState};
use mdc::plan::Plan;
use mdc::rehearsal::{Drills, drills};

use crate::site::Site;
use crate::twin::{rehearsed, with_all_that_is_real};

fn drilled(site: &Site, which: Drills) -> Vec<Drill> {
    drills(&rehearsed(site), which, &mut |_, _| Continue(())).unwrap()
}

/// The quickstart, drilled once for all tests.
struct Quickstart {
    untouched: bool,
    plan: Plan,
    drills: Vec<Drill>,
}

static QUICKSTART: LazyLock<Quickstart> = LazyLock::new(|| {
    let site = Site::new("quickstart");
    let before = site.files();
    let (plan, drills) = (site.plan(), drilled(&site, Drills::Each));
    Quickstart { untouched: site.files() == before, plan, drills }
});

#[test]
fn every_step_fails_and_the_run_comes_to_the_same_end_when_it_is_resumed() {
    let Quickstart { untouched, plan, drills } = &*QUICKSTART;
    assert!(untouched, "something of the site was touched");
    assert_eq!(drills.len(), plan.steps.len());
    for (step, drill) in plan.steps.iter().zip(drills) {
        assert_eq!(*step.id, *drill.step);
        // Who can't tell where a log ends fails nothing.
        if step.action == Action::MarkLogs {
            assert_eq!((&drill.fails, &drill.resumed, &drill.back), (&None, &None, &None));
            continue;
        }
        let fails = drill.fails.as_deref().unwrap_or_else(|| panic!("{drill:?}"));
        assert!(fails.starts_with("could not "), "{fails}");
        assert!(drill.recovers(), "{drill:?}");
        // This step, and no other, has failed.
        assert_eq!(drill.done + drill.not_started + 1, plan.steps.len() as u64, "{drill:?}");
        assert!(drill.back.as_ref().unwrap().completes, "{drill:?}");
    }
}

fn drill<'d>(drills: &'d [Drill], step: &str) -> &'d Drill {
    drills.iter().find(|drill| drill.step == step).unwrap_or_else(|| panic!("no {step}"))
}

#[test]
fn what_is_left_and_what_stays_is_told() {
    let drills = &QUICKSTART.drills;
    let first = drill(drills, "identity-01/identity-service/upgrade");
    let half =
        "identity-01/identity-service: half-configured in version 2.9.0-1, its service is inactive";
    assert_eq!(first.left, [half]);
    let back = first.back.as_ref().unwrap();
    assert_eq!(back.returns, ["identity-service 2.8.0 on identity-01"]);
    assert!(back.stays.is_empty());
    let core = &drill(drills, "core-02/md-core/keep-healthy").left;
    let mixed = "md-core: 5.18.1 on core-02, core-03; 5.19.0 on core-01, core-04".to_owned();
    assert!(core.len() == 2 && core.contains(&mixed), "{core:?}");
    let between = "changed: api-gateway, callback-service, control-center, identity-service, worker; \
                   not yet: file-storage, md-core, postgresql, rabbitmq, redis";
    assert!(core.iter().any(|it| it == between), "{core:?}");
    // Enough of those that the gate asks, and not more.
    let verify = drill(drills, "core-01/worker/verify").fails.as_ref().unwrap();
    assert!(
        verify.ends_with("6 of 7 worker are healthy; not core-01 (made to fail by a drill)"),
        "{verify}"
    );
    // These have no way back, by what the vendors say.
    let last = drill(drills, "core-01/worker/read-logs").back.as_ref().unwrap();
    for address in ["db-01/postgresql", "queue-01/rabbitmq", "queue-01/redis"] {
        let stays = last.stays.iter().filter(|it| it.starts_with(&format!("{address} stays")));
        assert_eq!(stays.count(), 1, "{last:?}");
    }
    assert_eq!(last.stays.len(), 3, "{last:?}");
    let copy = drill(drills, "core-01/md-core/copy");
    assert!(copy.left.is_empty(), "{copy:?}");
    assert_eq!(copy.back, Some(Back { completes: true, returns: vec![], stays: vec![] }));
}

#[test]
fn so_do_installations_and_what_people_do() {
    for site in [Site::new("fresh-install"), with_all_that_is_real()] {
        for drill in drilled(&site, Drills::Kinds) {
            let logs = drill.step.ends_with("/mark-logs");
            assert!(drill.recovers() || (logs && drill.fails.is_none()), "{drill:?}");
        }
    }
}

#[test]
fn one_of_each_kind_may_be_enough() {
    let site = Site::new("air-gapped");
    let whole = rehearsed(&site);
    let mut heard = 0;
    let kinds = drills(&whole, Drills::Kinds, &mut |_, of| {
        heard += 1;
        assert!(heard <= of);
        Continue(())
    });
    let kinds = kinds.unwrap();
    // A look at a backup is of one kind before both stages.
    let kind = |id: &str| id.split_once('/').unwrap().1.trim_end_matches("-live").to_owned();
    let of = |drill: &Drill| kind(&drill.step);
    let each: BTreeSet<String> = kinds.iter().map(of).collect();
    assert_eq!((each.len(), heard), (kinds.len(), kinds.len()));
    let all = whole.plan.steps.iter().map(|step| kind(&step.id));
    assert_eq!(each, all.collect());
    // It comes to the same every time, and can be ended.
    let until = drills(&whole, Drills::Each, &mut |drill, _| match drill.fails {
        Some(_) => Break(()),
        None => Continue(()),
    });
    let until = until.unwrap();
    let last = until.last().unwrap();
    assert_eq!(last, drill(&kinds, &last.step));
    assert!(last.fails.is_some() && until.len() < whole.plan.steps.len());
    assert_eq!(drills(&whole, Drills::None, &mut |_, _| Continue(())).unwrap(), []);
}

/// What fails undisturbed says nothing when it is disturbed.
#[test]
fn nothing_is_drilled_when_the_plan_itself_fails() {
    let mut site = Site::new("air-gapped");
    let host = "db-01".parse::<HostName>().unwrap();
    let Some(HostState::Known(known)) = site.observed.hosts.get_mut(&host) else { panic!() };
    for facts in known.components.values_mut() {
        facts.health = HealthState::Unhealthy("no answer".to_owned());
    }
    let whole = rehearsed(&site);
    assert!(!whole.is_done());
    assert_eq!(drills(&whole, Drills::Each, &mut |_, _| Continue(())).unwrap(), []);
}

//! Every move from every standing, and every site of three instances against a search of all ways.

use std::collections::{BTreeSet, VecDeque};

use super::*;

/// From which part, offline or not, which move, and where it leads or what is legal instead.
type Row = (Role, bool, Move, Result<Role, &'static [Move]>);

const ROLES: [Role; 3] = [Role::Production, Role::Backup, Role::Unlicensed];

#[test]
fn each_move_leads_where_the_vendor_says_or_names_the_legal_way() {
    use Move::{Activate, Deactivate, Nominate, Register, Unregister};
    let table: [Row; 30] = [
        (Role::Unlicensed, false, Register, Ok(Role::Backup)),
        (Role::Unlicensed, true, Register, Ok(Role::Backup)),
        (Role::Unlicensed, false, Activate, Ok(Role::Production)),
        (Role::Unlicensed, true, Activate, Ok(Role::Production)),
        (Role::Unlicensed, false, Nominate, Err(&[Register, Nominate])),
        (Role::Unlicensed, true, Nominate, Err(&[Activate])),
        (Role::Unlicensed, false, Unregister, Err(&[])),
        (Role::Unlicensed, true, Unregister, Err(&[])),
        (Role::Unlicensed, false, Deactivate, Err(&[])),
        (Role::Unlicensed, true, Deactivate, Err(&[])),
        (Role::Production, false, Register, Err(&[Deactivate, Register])),
        (Role::Production, true, Register, Err(&[Deactivate, Register])),
        (Role::Production, false, Activate, Err(&[])),
        (Role::Production, true, Activate, Err(&[])),
        (Role::Production, false, Nominate, Err(&[])),
        (Role::Production, true, Nominate, Err(&[])),
        (Role::Production, false, Unregister, Err(&[Deactivate])),
        (Role::Production, true, Unregister, Err(&[Deactivate])),
        (Role::Production, false, Deactivate, Ok(Role::Unlicensed)),
        (Role::Production, true, Deactivate, Ok(Role::Unlicensed)),
        (Role::Backup, false, Register, Err(&[])),
        (Role::Backup, true, Register, Err(&[])),
        (Role::Backup, false, Activate, Err(&[Nominate])),
        (Role::Backup, true, Activate, Err(&[Unregister, Activate])),
        (Role::Backup, false, Nominate, Ok(Role::Production)),
        (Role::Backup, true, Nominate, Err(&[Unregister, Activate])),
        (Role::Backup, false, Unregister, Ok(Role::Unlicensed)),
        (Role::Backup, true, Unregister, Ok(Role::Unlicensed)),
        (Role::Backup, false, Deactivate, Err(&[Unregister])),
        (Role::Backup, true, Deactivate, Err(&[Unregister])),
    ];
    for (role, offline, tried, expected) in table {
        let from = Standing { role, offline };
        let came = from.after(tried).map_err(|forbidden| forbidden.instead);
        assert_eq!(came, expected, "{from:?} {tried:?}");
        // What is named instead is legal from there, and leads to the same part.
        let Err(instead) = expected else { continue };
        let mut now = from;
        for step in instead {
            now.role = now.after(*step).unwrap();
        }
        assert_eq!(now.role, if instead.is_empty() { role } else { tried.leads_to() });
    }
}

/// The roles after a move, or none when it is not allowed at a site: a second activation takes a
/// second slot of the licence, and a registration names a production instance.
fn moved(roles: &[Role], offline: bool, (core, what): (usize, Move)) -> Option<Vec<Role>> {
    let role = Standing { role: roles[core], offline }.after(what).ok()?;
    let is_there = roles.contains(&Role::Production);
    let mut after = roles.to_vec();
    match what {
        Move::Activate if is_there => return None,
        Move::Nominate => {
            for other in &mut after {
                if *other == Role::Production {
                    *other = Role::Unlicensed;
                }
            }
        }
        _ => {}
    }
    after[core] = role;
    Some(after)
}

fn fewest(from: &[Role], to: &[Role], offline: bool) -> usize {
    let mut seen = BTreeSet::from([from.to_vec()]);
    let mut open = VecDeque::from([(from.to_vec(), 0)]);
    while let Some((roles, steps)) = open.pop_front() {
        if roles == to {
            return steps;
        }
        for core in 0..roles.len() {
            for what in Move::ALL {
                if let Some(next) = moved(&roles, offline, (core, what))
                    && seen.insert(next.clone())
                {
                    open.push_back((next, steps + 1));
                }
            }
        }
    }
    panic!("nothing leads from {from:?} to {to:?}")
}

fn sites() -> Vec<Vec<Role>> {
    let mut all = Vec::new();
    for one in ROLES {
        for other in ROLES {
            all.extend(ROLES.map(|third| vec![one, other, third]));
        }
    }
    all
}

#[test]
fn the_way_is_legal_leads_there_and_is_as_short_as_any() {
    for offline in [false, true] {
        for from in sites() {
            for to in sites() {
                let count =
                    |roles: &[Role]| roles.iter().filter(|it| **it == Role::Production).count();
                if count(&from) > 1 || count(&to) > 1 {
                    continue;
                }
                let site: Vec<Stage> = from
                    .iter()
                    .zip(&to)
                    .map(|(role, desired)| Stage {
                        now: Standing { role: *role, offline },
                        desired: *desired,
                    })
                    .collect();
                let way = path(&site);
                let mut now = from.clone();
                for step in &way {
                    now = moved(&now, offline, (step.core, step.what))
                        .unwrap_or_else(|| panic!("{from:?} to {to:?} ({offline}): {step:?}"));
                }
                assert_eq!(now, to, "{way:?}");
                assert_eq!(way.len(), fewest(&from, &to, offline), "{from:?} {to:?}: {way:?}");
            }
        }
    }
}

fn site(stages: &[(Role, Role)], offline: bool) -> Vec<String> {
    let stage =
        |&(role, desired): &(Role, Role)| Stage { now: Standing { role, offline }, desired };
    let site: Vec<Stage> = stages.iter().map(stage).collect();
    let words = |step: &Step| {
        let lost: Vec<String> = step.unregisters.iter().map(ToString::to_string).collect();
        let outage = if step.outage { " !" } else { "" };
        format!("{} {} [{}]{outage}", step.core, step.what.as_str(), lost.join(","))
    };
    path(&site).iter().map(words).collect()
}

#[test]
fn a_takeover_names_who_loses_the_licence_and_an_offline_one_keeps_the_vendors_order() {
    use Role::{Backup, Production, Unlicensed};
    let swap = [(Production, Backup), (Backup, Production)];
    assert_eq!(site(&swap, false), ["1 nominate [0]", "0 register []"]);
    assert_eq!(
        site(&swap, true),
        ["0 deactivate [] !", "1 unregister [] !", "1 activate [] !", "0 register []"]
    );
    let fresh = [(Unlicensed, Production), (Unlicensed, Backup)];
    assert_eq!(site(&fresh, false), ["0 activate [] !", "1 register []"]);
    // Nobody is without a production instance where that costs no more.
    let replaced = [(Production, Unlicensed), (Unlicensed, Production)];
    assert_eq!(site(&replaced, false), ["1 register []", "1 nominate [0]"]);
    assert_eq!(site(&replaced, true), ["0 deactivate [] !", "1 activate [] !"]);
    // Two activations are one too many.
    let twice = [(Production, Production), (Production, Backup)];
    assert_eq!(site(&twice, false), ["1 deactivate []", "1 register []"]);
}

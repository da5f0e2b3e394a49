//! The shortest legal way from how the instances of a site stand to how they should.

use super::{Move, Role, Standing};

/// An instance with how it stands and how it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// How it stands.
    pub now: Standing,
    /// The part that it should play.
    pub desired: Role,
}

/// One move of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which instance: its place in the site.
    pub core: usize,
    /// What is done.
    pub what: Move,
    /// The instances that lose their licence by it, by their places.
    pub unregisters: Vec<usize>,
    /// Whether no instance of the site scans when it begins or when it has ended.
    pub outage: bool,
}

/// The site as it is after each step.
struct Site {
    cores: Vec<Standing>,
    steps: Vec<Step>,
}

/// The moves that lead `site`, which is one production instance with those that stand by for it, to
/// what is desired: as few as the rules allow, and of as few those that keep a production instance
/// all the time. The vendor's order of an offline failover is kept: the production instance gives its
/// licence back first.
#[must_use]
pub fn path(site: &[Stage]) -> Vec<Step> {
    let mut way = Site { cores: site.iter().map(|it| it.now).collect(), steps: Vec::new() };
    let wanted = |role| (0..site.len()).filter(move |&core| role_of(site, core) == Some(role));
    match wanted(Role::Production).next() {
        Some(core) => way.promote(core),
        None => way.deactivate_all(None),
    }
    for core in wanted(Role::Unlicensed) {
        if way.role(core) == Some(Role::Backup) {
            way.take(core, Move::Unregister);
        }
    }
    for core in wanted(Role::Backup) {
        if way.role(core) == Some(Role::Unlicensed) {
            way.take(core, Move::Register);
        }
    }
    way.steps
}

fn role_of(site: &[Stage], core: usize) -> Option<Role> {
    site.get(core).map(|it| it.desired)
}

impl Site {
    fn role(&self, core: usize) -> Option<Role> {
        self.cores.get(core).map(|it| it.role)
    }

    fn productions(&self) -> Vec<usize> {
        let is = |core: &usize| self.role(*core) == Some(Role::Production);
        (0..self.cores.len()).filter(is).collect()
    }

    fn promote(&mut self, core: usize) {
        let Some(now) = self.cores.get(core).copied() else { return };
        let others = self.productions();
        match now.role {
            Role::Production => self.deactivate_all(Some(core)),
            Role::Backup if !now.offline => self.take(core, Move::Nominate),
            Role::Backup => {
                self.deactivate_all(Some(core));
                self.take(core, Move::Unregister);
                self.take(core, Move::Activate);
            }
            // As many moves as giving back and activating, and somebody scans all the time.
            Role::Unlicensed if !others.is_empty() && !now.offline => {
                self.take(core, Move::Register);
                self.take(core, Move::Nominate);
            }
            Role::Unlicensed => {
                self.deactivate_all(Some(core));
                self.take(core, Move::Activate);
            }
        }
    }

    fn deactivate_all(&mut self, but: Option<usize>) {
        for core in self.productions().into_iter().filter(|core| Some(*core) != but) {
            self.take(core, Move::Deactivate);
        }
    }

    fn take(&mut self, core: usize, what: Move) {
        let productions = self.productions();
        let unregisters: Vec<usize> = match what {
            Move::Nominate => productions.iter().copied().filter(|it| *it != core).collect(),
            _ => Vec::new(),
        };
        for lost in &unregisters {
            self.set(*lost, Role::Unlicensed);
        }
        self.set(core, what.leads_to());
        let outage = productions.is_empty() || self.productions().is_empty();
        self.steps.push(Step { core, what, unregisters, outage });
    }

    fn set(&mut self, core: usize, role: Role) {
        if let Some(standing) = self.cores.get_mut(core) {
            standing.role = role;
        }
    }
}

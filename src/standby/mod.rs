//! Hot backup of standalone MD Core instances: which part an instance plays by its licence, which moves
//! lead from one to another, and the shortest way that the vendor's rules allow. Nothing here touches
//! anything.
//!
//! The rules are those of the vendor's page on hot backup: a running production instance is never
//! registered, a backup never activated, one registered offline never nominated; a nomination
//! unregisters the production instance that was there before.

mod path;

pub use path::{Stage, Step, path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part that an instance plays by its licence.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is activated and takes scans.
    Production,
    /// It is registered to take over: it keeps engines and settings, and takes no scans.
    Backup,
    /// It has no licence: like a fresh installation.
    Unlicensed,
}

impl Role {
    /// The word of files and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Backup => "backup",
            Self::Unlicensed => "unlicensed",
        }
    }
}

/// How an instance stands: its part, and whether its licence came over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Its part.
    pub role: Role,
    /// Whether it was, or would be, activated or registered without a way to the licence server.
    pub offline: bool,
}

/// What leads an instance from one part to another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Gives a production instance's licence back.
    Deactivate,
    /// Takes a backup's registration from it.
    Unregister,
    /// Makes a backup the production instance, and unregisters the one before.
    Nominate,
    /// Makes an unlicensed instance a production instance.
    Activate,
    /// Makes an unlicensed instance a backup.
    Register,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Deactivate, Self::Unregister, Self::Nominate, Self::Activate, Self::Register];

    /// The word of files and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Unregister => "unregister",
            Self::Nominate => "nominate",
            Self::Activate => "activate",
            Self::Register => "register",
        }
    }

    /// The part that it leads to.
    #[must_use]
    pub const fn leads_to(self) -> Role {
        match self {
            Self::Deactivate | Self::Unregister => Role::Unlicensed,
            Self::Nominate | Self::Activate => Role::Production,
            Self::Register => Role::Backup,
        }
    }
}

/// Why a move is forbidden, and which moves lead there instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden {
    /// What was tried.
    pub tried: Move,
    /// How the instance stands.
    pub from: Standing,
    /// What leads there legally, in this order, on this instance; empty when it is there already or
    /// nothing does.
    pub instead: &'static [Move],
}

impl Standing {
    /// The part after `tried`.
    ///
    /// # Errors
    /// When the vendor's rules forbid it: the legal way instead.
    pub const fn after(self, tried: Move) -> Result<Role, Forbidden> {
        let instead: &'static [Move] = match (self.role, tried) {
            (Role::Unlicensed, Move::Register | Move::Activate)
            | (Role::Backup, Move::Unregister)
            | (Role::Production, Move::Deactivate) => return Ok(tried.leads_to()),
            (Role::Backup, Move::Nominate) if !self.offline => return Ok(Role::Production),
            (Role::Backup, Move::Nominate) => &[Move::Unregister, Move::Activate],
            (Role::Backup, Move::Activate) => {
                if self.offline {
                    &[Move::Unregister, Move::Activate]
                } else {
                    &[Move::Nominate]
                }
            }
            (Role::Backup, Move::Deactivate) => &[Move::Unregister],
            (Role::Production, Move::Register) => &[Move::Deactivate, Move::Register],
            (Role::Production, Move::Unregister) => &[Move::Deactivate],
            (Role::Unlicensed, Move::Nominate) => {
                if self.offline {
                    &[Move::Activate]
                } else {
                    &[Move::Register, Move::Nominate]
                }
            }
            (Role::Backup, Move::Register)
            | (Role::Production, Move::Activate | Move::Nominate)
            | (Role::Unlicensed, Move::Deactivate | Move::Unregister) => &[],
        };
        Err(Forbidden { tried, from: self, instead })
    }
}

impl Forbidden {
    /// Why, in words.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        match (self.from.role, self.tried) {
            (Role::Production, Move::Register) => {
                "a running production instance can't be registered as a backup"
            }
            (Role::Backup, Move::Activate) => "a backup instance can't be activated",
            (Role::Backup, Move::Nominate) => {
                "a backup that was registered offline can't be nominated"
            }
            (Role::Backup, Move::Deactivate) => "a backup instance has no activation to give back",
            (Role::Production, Move::Unregister) => "a production instance has no registration",
            (Role::Unlicensed, Move::Nominate) => "only a registered backup can be nominated",
            _ => "it is there already",
        }
    }

    /// What leads there instead, in words; none when nothing has to.
    #[must_use]
    pub fn legal(&self) -> Option<String> {
        let words: Vec<&str> = self.instead.iter().map(|step| step.as_str()).collect();
        (!words.is_empty()).then(|| words.join(", then "))
    }
}

#[cfg(test)]
mod tests;

//! How many copies of a file the group of File Storage keeps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The replicas of each file, as the group of File Storage is configured for them (File Storage page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Replicas {
    /// How many there have to be at least when a file is stored.
    #[schemars(range(min = 1))]
    pub min: u32,
    /// How many there are at most.
    #[schemars(range(min = 1))]
    pub max: u32,
}

impl Replicas {
    /// How many hosts have to stay healthy so that files can be stored and read while others are away;
    /// none when that is not possible with any number of them.
    #[must_use]
    pub const fn keeps(self) -> Option<u32> {
        if self.min > 1 && self.max > self.min { Some(self.min) } else { None }
    }

    /// What stops while one host is away, in words; nothing when that is bridged by the others.
    #[must_use]
    pub fn stops(self) -> Option<String> {
        match (self.min, self.max) {
            _ if self.keeps().is_some() => None,
            (1, 1) => Some(
                "each file is on one host only: it can't be read while that one changes".to_owned(),
            ),
            (min, max) if min == max => Some(format!(
                "each file has to be on {max} hosts or is not stored: nothing can be stored while one changes"
            )),
            _ => Some(
                "a file may be on one host only: it can't be read while that one changes"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_larger_maximum_bridges_the_absence_of_a_host() {
        for (min, max, keeps, stops) in [
            (1, 1, None, Some("one host only")),
            (1, 3, None, Some("one host only")),
            (2, 3, Some(2), None),
            (3, 3, None, Some("nothing can be stored")),
        ] {
            let replicas = Replicas { min, max };
            assert_eq!(replicas.keeps(), keeps, "{replicas:?}");
            let said = replicas.stops();
            assert_eq!(said.is_some(), stops.is_some(), "{replicas:?}");
            assert!(said.unwrap_or_default().contains(stops.unwrap_or_default()), "{replicas:?}");
        }
    }
}

//! That people were told, as it is recorded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::ComponentName;
use crate::catalog::Stage;
use crate::manifest::Moment;

/// Somebody was told, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Told {
    /// The notice, by its name in the manifest.
    pub notice: ComponentName,
    /// Of what.
    pub of: Moment,
    /// Of which stage.
    pub stage: Stage,
    /// How, without anything secret.
    pub way: String,
    /// What came of it.
    pub delivery: Delivery,
}

/// What came of telling people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It was taken: what the other side said.
    Delivered(String),
    /// It was not taken, or it is not known whether it was: why.
    NotDelivered(String),
}

impl Delivery {
    /// Whether it was taken.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered(_))
    }

    /// What was said, or why it was not taken.
    #[must_use]
    pub fn said(&self) -> &str {
        match self {
            Self::Delivered(said) | Self::NotDelivered(said) => said,
        }
    }
}

impl Told {
    /// In one line: `ops of the start of stage 1 (mail to …): 250 ok`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let how = match &self.delivery {
            Delivery::Delivered(_) => "told",
            Delivery::NotDelivered(_) => "could not be told",
        };
        let Self { notice, of, stage, way, delivery } = self;
        format!("{notice} {how} of {}, {way}: {}", occasion(*of, *stage), delivery.said())
    }
}

/// Of what people are told, in a few words.
#[must_use]
pub fn occasion(of: Moment, stage: Stage) -> String {
    let number = match stage {
        Stage::Live => 1,
        Stage::Critical => 2,
    };
    match of {
        Moment::Before => format!("stage {number} to come"),
        Moment::Start => format!("the start of stage {number}"),
        Moment::End => format!("the end of stage {number}"),
        Moment::Failure => format!("a failure in stage {number}"),
    }
}

//! What reviewers ask of plans, answered out of the plans alone: what moved between two of them
//! ([`differences`], [`since`]), why a step is there and what hangs on it ([`why`]), why nothing more is done on a
//! host ([`standing`]), and whether it fits into a window ([`fit()`]).

mod differences;
mod fit;
mod form;
mod order;
mod standing;
mod step;
mod why;

pub use differences::{Differences, Moved, differences, since};
pub use fit::{Fit, fit};
pub use form::{WhatIf, schemas};
pub use standing::{Standing, standing};
pub use step::{ChangedStep, StepField};
pub use why::{Relation, Why, why};

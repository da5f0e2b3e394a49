//! (being built)

pub mod diagnostic;

//! What people read. A subject (a plan, a report, the status …) becomes one [`Document`], built
//! once; a renderer turns any document into text and decides nothing about its content.
//!
//! ```text
//! Plan ─────────── plan::document ────────┐
//! Report ───────── report::document ──────┤
//! ChangeRecord ─── report::change_record ─┤              ┌─ terminal::render
//! History ──────── history::document ─────┼─► Document ──┼─ markdown::render
//! Desired+Observed status::document ──────┤              └─ html::render
//! StagedFiles ──── staged::document ──────┤
//! Observed ─────── observed::document ────┘
//!
//! Plan ── plan::{page, dot, mermaid} ── a page to look around in, pictures of its order
//!
//! Event ── progress::{Plain, Live} ── lines and bars while a run goes on
//! ```
//!
//! Every text in a document counts as foreign: it may come from a host or a file and hold anything.
//! Each renderer makes it harmless in one place, so that subjects need no care of their own.

pub mod approvals;
pub mod diagnostic;
pub mod doctor;
pub mod document;
mod group;
pub mod harmless;
pub mod history;
pub mod html;
mod kept;
pub mod markdown;
pub mod mixed;
pub mod notice;
pub mod observed;
pub mod plan;
pub mod progress;
pub mod rehearsal;
pub mod report;
pub mod review;
pub mod staged;
mod standby;
pub mod status;
pub mod terminal;
pub mod words;

pub use document::Document;

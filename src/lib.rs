//! `mdc` plans and carries out upgrades of an OPSWAT MetaDefender Cluster.
//!
//! This page is the map. Data flows one way:
//!
//! ```text
//! text ── manifest ──► Manifest ┐
//! data ── catalog ───► Catalog  ┴─ desired ─► Desired ┐
//! hosts ─ observe (reads) ──────────────► Observed ───┴ diff ─► Changes ─ graph ─► StepGraph ─ plan ─► Plan
//!                                                                                                      │
//!            views: terminal · markdown · json  ◄──────────────────────────────────────────────────────┤
//!                                                                                                      ▼
//!                                    Report ◄── report ◄── Outcome, Journal, Event* ◄── apply (writes) ◄
//! ```
//!
//! A folder may use its own rank and lower ones (`tests/architecture.rs` holds this):
//!
//! | rank | folders | hold |
//! |---|---|---|
//! | 0 | [`address`], [`diagnostic`], [`value`], [`source`] | identity of things; problems with codes and hints; small values; files that people write, checked |
//! | 1 | [`manifest`], [`catalog`] | what people write; what can be deployed, as data |
//! | 2 | [`desired`] | component × host: what should be |
//! | 3 | [`transport`], [`observe`] | ways to a host; what is |
//! | 4 | [`diff`] | what has to change, and why |
//! | 5 | [`step`], [`graph`] | exact commands of each kind of step; the order |
//! | 6 | [`plan`] | the plan, its basis, its seal, its file |
//! | 7 | [`state`], [`apply`] | the record of runs; the engine that carries a plan out |
//! | 8 | [`report`], [`view`] | what happened; documents and their renderers |
//! | 9 | [`cli`] | one file a command |
//!
//! Only [`observe`] and [`apply`] touch hosts. Everything between is pure: same inputs, same bytes.

pub mod address;
pub mod apply;
pub mod catalog;
pub mod cli;

pub mod desired;
pub mod diagnostic;
pub mod diff;
pub mod graph;
pub mod manifest;
pub mod observe;
pub mod plan;
pub mod report;
pub mod source;
pub mod state;
pub mod step;
pub mod transport;
pub mod value;
pub mod view;

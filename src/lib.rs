//! `mdc` plans and carries out upgrades of an OPSWAT MetaDefender Cluster.
//!
//! This page is the map. Data flows one way:
//!
//! ```text
//! text ── manifest ──► Manifest ┐
//! data ── catalog ───► Catalog  ┴─ desired ─► Desired ┐
//! hosts ─ observe (reads) ──────────────► Observed ───┴ diff ─► Changes ─ graph ─► StepGraph ─ plan ─► Plan
//!                                                                                                      │
//! views: terminal · markdown · html · dot · mermaid · json  ◄──────────────────────────────────────────┤
//!                                                                                                      ▼
//!                                    Report ◄── report ◄── Outcome, Journal, Event* ◄── apply (writes) ◄
//! ```
//!
//! A folder may use itself and those above it in this table, so that no two can use each other
//! (`tests/architecture.rs` holds this):
//!
//! | folder | holds |
//! |---|---|
//! | [`value`], [`address`] | small values with rules of their own; identity of things |
//! | [`standby`] | hot backup of MD Core: parts, moves, the shortest legal way |
//! | [`diagnostic`] | problems with codes, places and hints |
//! | [`source`] | files that people write, read and checked |
//! | [`signature`] | who has signed a text or a file, by SSH keys |
//! | [`catalog`] | what can be deployed, as data |
//! | [`package`] | what a package file says of itself |
//! | [`manifest`] | what people write: the manifest and the release |
//! | [`desired`] | component × host: what should be |
//! | [`fact`] | what can be known of a component on a host |
//! | [`transport`] | ways to a host: SSH to Linux and Windows, WinRM, this machine, a simulated fleet |
//! | [`scan`] | files submitted to the API Gateway: test scans, the load of a rehearsal |
//! | [`center`] | asking Control Center for changes of Workers and instances |
//! | [`cores`] | asking standalone MD Core instances and the licence server |
//! | [`notice`] | telling people: by a web server, by e-mail, by a command |
//! | [`observe`] | what is: one command a host; snapshots |
//! | [`diff`] | what has to change, and why |
//! | [`preflight`] | what has to be so before anything changes; waivers |
//! | [`step`] | the exact commands of each kind of step |
//! | [`graph`] | the order, rule by rule |
//! | [`plan`] | the plan, its basis, its seal, its file |
//! | [`review`] | what reviewers ask of plans: what moved, why a step, why not a host |
//! | [`policy`] | rules of the user's own over a plan |
//! | [`approval`] | what people have signed of a plan, and whether that is enough |
//! | [`state`] | the record of runs: journal, lease; in a folder or in PostgreSQL |
//! | [`evidence`] | what rehearsals came to, signed, and what of a plan they cover |
//! | [`apply`] | the engine that carries a plan out |
//! | [`report`] | what happened against what was promised |
//! | [`rehearsal`] | a plan carried out on a simulated twin of the cluster, and drilled |
//! | [`view`] | documents and their renderers, progress |
//! | [`emit`] | a plan as a runbook and scripts, to be carried out by hand |
//! | [`cli`] | one file a command |
//!
//! Files that `mdc` reads and writes: manifest ([`manifest::Manifest`]), release
//! ([`manifest::Release`]), component ([`catalog::Component`]), snapshot ([`observe::Snapshot`]),
//! plan ([`plan::Plan`]), evidence ([`evidence::Evidence`]), journal ([`state::Entry`]), report ([`report::Report`]), change record
//! ([`report::ChangeRecord`]), history ([`report::History`]). `schemas/` holds their JSON schemas.
//!
//! Only [`observe`] and [`apply`] touch hosts; [`scan`] speaks with the API Gateway, as its clients
//! do, [`center`] with Control Center, and [`notice`] with mail and web servers. Everything between is pure: same inputs, same bytes.

pub mod address;
pub mod apply;
pub mod approval;
pub mod catalog;
pub mod center;
pub mod cli;
pub mod cores;

pub mod desired;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod evidence;
pub mod fact;
pub mod graph;
pub mod manifest;
pub mod notice;
pub mod observe;
pub mod package;
pub mod plan;
pub mod policy;
pub mod preflight;
pub mod rehearsal;
pub mod report;
pub mod review;
pub mod scan;
pub mod signature;
pub mod source;
pub mod standby;
pub mod state;
pub mod step;
pub mod transport;
pub mod value;
pub mod view;

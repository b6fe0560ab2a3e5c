//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants.
//!
//! - [`model`]: what AWS tells us as plain values, and judgements over them. Pure.
//! - [`feeds`]: what can be asked and learned, and how long each question is asked for. Pure.
//! - [`app`]: the state and what changes it: events in, effects out. Pure.
//! - [`panes`]: a folder each pane of the screen.
//! - [`runtime`]: the only room that spawns, sleeps, reads the clock and draws.
//! - [`aws`]: the only room that speaks to AWS.
//! - [`infra`]: Terraform and Terragrunt as processes, and the units that are found with them.
//! - [`db`]: sessions on PostgreSQL servers, and results on disk.
//! - [`config`]: what is configured, and where each value comes from.
//! - [`cli`]: what all commands share: global flags, formats, errors, exit codes.
//! - [`commands`]: a folder each headless command.
//! - [`headless`]: what the reports of several commands share.
//! - [`ui`]: reads the state, draws what panes share.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod config;
pub mod db;
pub mod feeds;
pub mod headless;
pub mod infra;
pub mod panes;
pub mod probe;
pub mod runtime;
pub mod ui;

/// A crate of its own, so that a change elsewhere builds none of it.
pub use cockpit_model as model;

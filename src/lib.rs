//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants. Half of them are the crate `cockpit_core`,
//! which decides and draws, and is seen here under the same names: [`model`], [`feeds`], [`config`], [`cli`], [`app`],
//! [`panes`] and [`ui`]. The others do:
//!
//! - [`runtime`]: the room that waits: terminal, signals, clock, tasks.
//! - [`aws`]: the only room that speaks to AWS.
//! - [`infra`]: Terraform and Terragrunt as processes, and the units that are found with them.
//! - [`db`]: sessions on PostgreSQL servers, and results on disk.
//! - [`probe`]: how a site looks from this machine.
//! - [`commands`]: a folder each headless command.
//! - [`headless`]: what the reports of several commands share.
//!
//! And [`private_files`] writes what only its owner may read, for `infra` and `runtime`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aws;
pub mod commands;
pub mod db;
pub mod headless;
pub mod infra;
pub mod private_files;
pub mod probe;
pub mod runtime;

/// A crate of its own, so that a change elsewhere builds none of it; so is `model` in it.
pub use cockpit_core::{app, cli, config, feeds, model, panes, ui};

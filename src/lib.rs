//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! A map of the modules; `ARCHITECTURE.md` has the picture and the invariants. About half of them live in the crate
//! `cockpit_core`, which decides and draws, and are re-exported here under the same names: [`model`], [`feeds`],
//! [`config`], [`cli`], [`app`], [`panes`] and [`ui`]. The others perform I/O:
//!
//! - [`runtime`]: everything that waits: terminal, signals, clock, tasks.
//! - [`aws`]: the only module that talks to AWS.
//! - [`infra`]: Terraform and Terragrunt as processes, and the units found with them.
//! - [`db`]: sessions on PostgreSQL servers, and results on disk.
//! - [`probe`]: checks how a site looks from this machine.
//! - [`commands`]: the headless commands, one folder each.
//! - [`headless`]: shared by the reports of several commands.
//!
//! [`private_files`] writes files that only their owner may read, for `infra` and `runtime`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aws;
pub mod commands;
pub mod db;
pub mod headless;
pub mod infra;
pub mod private_files;
pub mod probe;
pub mod runtime;

/// A separate crate, so that a change elsewhere does not rebuild it; `model` is a separate crate within it for the same
/// reason.
pub use cockpit_core::{app, cli, config, feeds, model, panes, ui};

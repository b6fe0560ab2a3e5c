//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants.
//!
//! - [`model`]: nouns, pure.
//! - [`app`]: verbs, pure: events in, effects out.
//! - [`config`]: what is configured, and where each value comes from.
//! - [`cli`]: what is typed, and what is said when it is wrong.
//! - [`headless`]: what the commands print.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod cli;
pub mod config;
pub mod headless;
pub mod model;

//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants.
//!
//! - [`model`]: nouns, pure.
//! - [`app`]: verbs, pure: events in, effects out.
//! - [`config`]: what is configured, and where each value comes from.
//! - [`ui`]: eyes: reads the state, draws the screen.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod config;
pub mod model;
pub mod ui;

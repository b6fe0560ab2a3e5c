//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants.
//!
//! - [`model`]: nouns, pure.
//! - [`app`]: verbs, pure: events in, effects out.
//! - [`aws`]: the only room that speaks to AWS.
//! - [`config`]: what is configured, and where each value comes from.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod aws;
pub mod config;
pub mod model;

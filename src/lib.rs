//! Cockpit: one screen and one snapshot for a small team's AWS environments.
//!
//! The map of the rooms; `ARCHITECTURE.md` has the picture and the invariants.
//!
//! - [`model`]: nouns, pure.
//! - [`app`]: verbs, pure: events in, effects out.
//! - [`runtime`]: hands: the only room that spawns, sleeps, reads the clock and draws.
//! - [`aws`]: the only room that speaks to AWS.
//! - [`config`]: what is configured, and where each value comes from.
//! - [`cli`]: what is typed, and what is said when it is wrong.
//! - [`headless`]: what the commands print.
//! - [`commands`]: one file a command: opens, collects, prints.
//! - [`ui`]: eyes: reads the state, draws the screen.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod config;
pub mod headless;
pub mod model;
pub mod panes;
pub mod runtime;
pub mod ui;

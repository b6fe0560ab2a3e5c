//! What the program decides and draws. Nothing here asks, waits or starts anything: that is the crate `cockpit`'s, whose
//! rooms lie beside these.
//!
//! - [`model`]: what AWS tells us as plain values, and judgements over them. Pure.
//! - [`feeds`]: what can be asked and learned, and how long each question is asked for. Pure.
//! - [`config`]: what is configured, and where each value comes from.
//! - [`cli`]: what all commands share: global flags, formats, errors, exit codes.
//! - [`app`]: the state and what changes it: events in, effects out. Pure.
//! - [`panes`]: a folder each pane of the screen.
//! - [`ui`]: reads the state, draws what panes share.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod cli;
pub mod config;
pub mod feeds;
pub mod panes;
pub mod ui;

pub use cockpit_model as model;

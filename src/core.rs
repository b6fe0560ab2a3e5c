//! The deciding and drawing half of the program. It sends no requests, waits for nothing and starts no processes: the
//! crate `cockpit`, whose modules lie in the same folder, does that.
//!
//! - [`model`]: what AWS reports, as plain values, and the judgements over them. Pure.
//! - [`feeds`]: the questions that can be asked, their answers, and how long each question lives. Pure.
//! - [`config`]: the configuration, and where each value comes from.
//! - [`cli`]: shared by all commands: global flags, formats, errors, exit codes.
//! - [`app`]: the state and everything that changes it: events in, effects out. Pure.
//! - [`panes`]: the panes of the screen, one folder each.
//! - [`ui`]: reads the state; draws what several panes share.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod cli;
pub mod config;
pub mod feeds;
pub mod panes;
pub mod ui;

pub use cockpit_model as model;

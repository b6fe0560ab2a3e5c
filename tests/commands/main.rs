//! Headless commands as a user or a script runs them, against the simulator over HTTP.

#![allow(clippy::unwrap_used)]

mod cli;
mod instances_cli;
mod logs_cli;
mod params_cli;
#[path = "../support/mod.rs"]
mod support;
mod timeline_cli;
mod tunnel_cli;
mod tunnel_life;

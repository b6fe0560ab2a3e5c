//! Requests to AWS: the session, credentials, budgets, faults, and the simulator and emulator that answer them.

#![allow(clippy::unwrap_used)]

mod aws_calls;
mod aws_changes;
mod aws_sim;
mod budgets;
mod credentials;
mod desk;
mod emulator;
mod faults;
mod logs_sim;
#[path = "../support/mod.rs"]
mod support;

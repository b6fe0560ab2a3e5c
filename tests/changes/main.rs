//! Operations that change AWS: deployments and their verdicts, builds, power, and the recipes for CI.

#![allow(clippy::unwrap_used)]

mod builds;
mod ci_recipes;
mod operations;
mod operations_cli;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

//! `cockpit infra` with real Terraform and Terragrunt.

#![allow(clippy::unwrap_used)]

mod infra_cli;
mod infra_runs;
mod plans_cli;
#[path = "../support/mod.rs"]
mod support;

//! `cockpit health`: how an environment is reached, from the load balancer's targets to its names and certificates.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "health",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "health",
        about: "`cockpit health -o json`",
        make: || schema::of::<report::HealthReport>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

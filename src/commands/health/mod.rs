//! `cockpit health`: checks how an environment is reached, from the load balancer's targets to its names and
//! certificates.

pub(super) mod args;
mod change;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use super::operation_schema::OPERATION;
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "health",
    formats: |arguments| if arguments.action.is_some() { output::TREE } else { output::LIST },
    takes_interrupt: |arguments| arguments.action.is_some(),
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "health",
            about: "`cockpit health -o json`",
            make: || schema::of::<report::HealthReport>(report::SCHEMA),
        },
        OPERATION,
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

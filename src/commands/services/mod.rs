//! `cockpit services`: list services: counts, deployments, health and reasons.

pub(super) mod args;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::{self, schema};
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "services",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "services",
        about: "`cockpit services -o json`",
        make: || schema::of::<headless::lists::ServiceList>(headless::lists::SERVICES),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

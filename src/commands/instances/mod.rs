//! `cockpit instances`: the environment's instances of EC2.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "instances",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "instances",
        about: "`cockpit instances -o json`",
        make: || schema::of::<report::InstanceList>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit doctor`: check tools, credentials, account, clock, permissions, the configuration and the terminal.

pub(super) mod args;
mod policy;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "doctor",
    formats: |_| output::TREE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "doctor",
        about: "`cockpit doctor -o json`",
        make: || schema::of::<report::Doctor>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit db`: list databases with members, capacity, lag and backups.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "db",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "db",
        about: "`cockpit db -o json`",
        make: || schema::of::<report::DatabaseList>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

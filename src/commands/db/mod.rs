//! `cockpit db`: list databases with members, capacity, lag and backups.

pub(super) mod args;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::{self, schema};
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "db",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "db",
        about: "`cockpit db -o json`",
        make: || schema::of::<headless::lists::DatabaseList>(headless::lists::DATABASES),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit snapshot`: print the whole environment, watch its changes or wait for a condition.

pub(super) mod args;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::{self, schema};
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "snapshot",
    formats: |_| output::DOCUMENT,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "snapshot",
        about: "`cockpit snapshot -o json`",
        make: || schema::of::<headless::dto::Snapshot>(headless::snapshot::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit doctor`: check tools, credentials, account, clock, permissions and the terminal.

pub(super) mod args;
mod own_values;
pub(super) mod report;
mod run;
mod tunnels;

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
    run: |context, _, out| Box::pin(run::run(context, out)),
};

//! `cockpit tunnel`: opens a private database on a local port.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, always};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "tunnel",
    formats: |_| output::LINES,
    // An interrupt ends its sessions at AWS.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[Schema {
        name: "tunnel",
        about: "`cockpit tunnel --json`: one object per line, for each change of a tunnel's state",
        make: || schema::of::<report::TunnelDto>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

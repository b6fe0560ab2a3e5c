//! `cockpit with-db`: runs a command with the URL of a database in an environment variable.

pub(super) mod args;
mod route;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "with-db",
    formats: |_| output::NONE,
    // Signals go to the command.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

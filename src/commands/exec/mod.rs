//! `cockpit exec`: opens a shell or runs a command in a container.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "exec",
    formats: |_| output::NONE,
    // Ctrl-C goes to the command in the container.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

//! `cockpit internal`: processes that the cockpit starts for itself; nobody types it.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "internal",
    formats: |_| output::NONE,
    // What drives a run takes such a signal as a wish to cancel it.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

//! `cockpit internal`: processes that the cockpit starts itself; users do not type it.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "internal",
    formats: |_| output::NONE,
    // The supervisor of a run handles such a signal as a request to cancel the run.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

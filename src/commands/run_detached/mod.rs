//! `cockpit run-detached FOLDER`: watches over a run that outlives the cockpit that started it.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "run-detached",
    formats: |_| output::NONE,
    // Such a signal is passed on to what it watches over.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |_, arguments, _| Box::pin(run::run(arguments)),
};

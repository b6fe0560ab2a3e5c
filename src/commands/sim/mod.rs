//! `cockpit sim`: run the simulated AWS alone.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "sim",
    formats: |_| output::JSON,
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |_, arguments, out| Box::pin(run::run(arguments, out)),
};

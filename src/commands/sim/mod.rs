//! `cockpit sim`: runs the simulated AWS as a server.

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

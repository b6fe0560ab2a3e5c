//! `cockpit demo`: open the interactive session on the simulated AWS.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "demo",
    formats: |_| output::NONE,
    takes_interrupt: never,
    work: Work::Screen,
    schemas: &[],
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

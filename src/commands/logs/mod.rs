//! `cockpit logs`: print log lines of services in order, or follow them.

pub(super) mod args;
mod run;
mod tail;
mod writer;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "logs",
    formats: |_| output::LINES,
    takes_interrupt: never,
    work: Work::PrintsMuch,
    schemas: &[],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

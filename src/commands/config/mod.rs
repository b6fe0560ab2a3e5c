//! `cockpit config`: show or check the configuration.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;
use std::future::ready;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "config",
    formats: |_| output::TREE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, out| Box::pin(ready(run::run(context, arguments, out))),
};

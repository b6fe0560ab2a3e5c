//! `cockpit schema`: prints the JSON Schema of an output.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;
use std::future::ready;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "schema",
    formats: |_| output::JSON,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |_, arguments, out| Box::pin(ready(run::run(arguments, out))),
};

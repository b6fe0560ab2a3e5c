//! `cockpit completions`: print completions for a shell.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;
use std::future::ready;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "completions",
    formats: |_| output::NONE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, out| Box::pin(ready(run::run(context, arguments, out))),
};

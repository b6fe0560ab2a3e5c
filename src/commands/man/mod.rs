//! `cockpit man`: prints the manual page.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;
use std::future::ready;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "man",
    formats: |_| output::NONE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |context, _, out| Box::pin(ready(run::run(context, out))),
};

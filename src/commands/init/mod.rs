//! `cockpit init`: writes a configuration from what is found in the account and in a folder.

pub(super) mod args;
mod folder;
mod run;
#[cfg(test)]
mod tests;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "init",
    formats: |_| output::NONE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

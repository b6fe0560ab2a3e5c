//! `cockpit invalidate`: invalidates paths in the cache of a distribution.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use super::operation_schema::OPERATION;
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "invalidate",
    formats: |_| output::TREE,
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[OPERATION],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

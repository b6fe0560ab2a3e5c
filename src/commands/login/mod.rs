//! `cockpit login`: signs in to IAM Identity Center without a screen.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, never};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "login",
    formats: |_| output::NONE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[],
    run: |context, _, _| Box::pin(run::run(context)),
};

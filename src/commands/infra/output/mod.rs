//! `cockpit infra output`: prints the outputs of units.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::{Schema, never};
use crate::headless::schema;
use args::Arguments;

pub(super) const SCHEMA: Schema = Schema {
    name: "infra-output",
    about: "`cockpit infra output -o json`",
    make: || schema::of::<report::Outputs>(report::SCHEMA),
};

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::LIST,
    takes_interrupt: never,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

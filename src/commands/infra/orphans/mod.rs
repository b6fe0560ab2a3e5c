//! `cockpit infra orphans`: finds resources that may exist and are in no state.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::{Schema, never};
use crate::headless::schema;
use args::Arguments;

pub(super) const SCHEMA: Schema = Schema {
    name: "infra-orphans",
    about: "`cockpit infra orphans -o json`",
    make: || schema::of::<report::Orphans>(report::SCHEMA),
};

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::TREE,
    takes_interrupt: never,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

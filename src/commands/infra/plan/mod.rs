//! `cockpit infra plan`: shows what would change.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::{Schema, always};
use crate::headless::schema;
use args::Arguments;

pub(super) const SCHEMA: Schema = Schema {
    name: "infra-plan",
    about: "`cockpit infra plan -o json` and `cockpit infra drift -o json`",
    make: || schema::of::<super::planning::Plans>(super::planning::SCHEMA),
};

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::PLAN,
    takes_interrupt: always,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit schedule`: shows when the schedule stops and starts the environment, or skips the next time.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "schedule",
    formats: |_| output::TREE,
    takes_interrupt: |arguments| arguments.skip.is_some() || arguments.unskip.is_some() || arguments.action.is_some(),
    work: Work::Prints,
    schemas: &[Schema {
        name: "schedule",
        about: "`cockpit schedule -o json`",
        make: || schema::of::<report::ScheduleList>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

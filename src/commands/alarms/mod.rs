//! `cockpit alarms`: list alarms that are not OK; mute one for a time.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use super::operation_schema::OPERATION;
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "alarms",
    formats: |arguments| if arguments.action.is_some() { output::TREE } else { output::LIST },
    takes_interrupt: |arguments| arguments.action.is_some(),
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "alarms",
            about: "`cockpit alarms -o json`",
            make: || schema::of::<report::AlarmList>(report::SCHEMA),
        },
        OPERATION,
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

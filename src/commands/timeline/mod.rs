//! `cockpit timeline`: prints the events of an environment in one order, with who caused them.

pub(super) mod args;
mod events;
mod follow;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "timeline",
    formats: |_| output::LIST,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "timeline",
            about: "`cockpit timeline -o json`",
            make: || schema::of::<report::Timeline>(report::SCHEMA),
        },
        Schema {
            name: "timeline-event",
            about: "`cockpit timeline -f -o json`, one line each",
            make: || schema::of::<report::Line>(report::LINE),
        },
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

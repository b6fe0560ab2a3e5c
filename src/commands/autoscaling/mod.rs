//! `cockpit autoscaling`: show limits, policies, schedules and why a service does not scale.

pub(super) mod args;
pub(super) mod report;
mod run;
mod watch;

use super::declared::{Declared, Schema, Work};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "autoscaling",
    formats: |arguments| if arguments.changes() { output::TREE } else { output::LIST },
    takes_interrupt: |arguments| arguments.changes() || arguments.watch,
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "autoscaling",
            about: "`cockpit autoscaling -o json`",
            make: || schema::of::<report::AutoscalingList>(report::SCHEMA),
        },
        Schema {
            name: "scaling-line",
            about: "`cockpit autoscaling --watch -o json`, one line each",
            make: || schema::of::<report::Line>(report::LINE),
        },
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit db`: list databases with members, capacity, lag, backups and snapshots; snapshot, restart, stop or start one.

mod activity;
pub(super) mod activity_report;
pub(super) mod args;
mod change;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use super::operation_schema::OPERATION;
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "db",
    formats: |arguments| if arguments.changes() { output::TREE } else { output::LIST },
    takes_interrupt: |arguments| arguments.changes() || arguments.asks_the_server(),
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "activity",
            about: "`cockpit db --activity -o json`",
            make: || schema::of::<activity_report::Activity>(activity_report::SCHEMA),
        },
        Schema {
            name: "db",
            about: "`cockpit db -o json`",
            make: || schema::of::<report::DatabaseList>(report::SCHEMA),
        },
        OPERATION,
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

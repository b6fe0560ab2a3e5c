//! `cockpit snapshot`: prints the whole environment, watches its changes or waits for a condition.

pub(super) mod all;
pub(super) mod args;
mod local_facts;
pub(super) mod own;
pub(super) mod report;
mod run;
pub(super) mod wait;
pub(super) mod watch;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::dto::Snapshot;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "snapshot",
    formats: |_| output::DOCUMENT,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "snapshot",
            about: "`cockpit snapshot -o json`",
            make: || schema::of::<Snapshot>(report::SCHEMA),
        },
        Schema {
            name: "environments",
            about: "`cockpit snapshot --all -o json`",
            make: || schema::of::<all::Environments>(all::SCHEMA),
        },
        Schema {
            name: "snapshot-change",
            about: "`cockpit snapshot --watch -o json`, one line each",
            make: || schema::of::<watch::Change>(watch::SCHEMA),
        },
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

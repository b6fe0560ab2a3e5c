//! `cockpit logs`: prints log lines of services in order, or follows them.

pub(super) mod args;
mod reading;
pub(super) mod report;
mod run;
mod tail;
mod writer;

use super::declared::{Declared, Schema, Work, never};
use crate::app::logs::json_line;
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "logs",
    formats: |_| output::LINES,
    takes_interrupt: never,
    work: Work::PrintsMuch,
    schemas: &[Schema {
        name: "log",
        about: "`cockpit logs -o json`, `--tee` and files of the logs pane: one object per line",
        make: || schema::of::<json_line::Entry<'static>>(json_line::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

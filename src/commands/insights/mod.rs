//! `cockpit insights`: search logs with CloudWatch Logs Insights.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, always};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "insights",
    formats: |_| output::LIST,
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[Schema {
        name: "insights",
        about: "`cockpit insights -o json`",
        make: || schema::of::<report::InsightsDto>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

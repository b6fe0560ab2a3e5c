//! `cockpit cost`: prints the costs of the account, or the expected costs of an environment.

pub(super) mod args;
mod estimate;
pub(super) mod estimate_report;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "cost",
    formats: |_| output::LIST,
    takes_interrupt: |arguments| arguments.now,
    work: Work::Prints,
    schemas: &[
        Schema { name: "cost", about: "`cockpit cost -o json`", make: || schema::of::<report::Cost>(report::SCHEMA) },
        Schema {
            name: "cost-estimate",
            about: "`cockpit cost --estimate -o json`",
            make: || schema::of::<estimate_report::CostEstimate>(estimate_report::SCHEMA),
        },
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit audit`: show what was changed, by whom and how it ended.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::schema;
use args::Arguments;
use std::future::ready;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "audit",
    formats: |_| output::TREE,
    takes_interrupt: never,
    work: Work::Prints,
    schemas: &[Schema {
        name: "audit",
        about: "`cockpit audit -o json`",
        make: || schema::of::<report::AuditList>(report::SCHEMA),
    }],
    run: |context, arguments, out| Box::pin(ready(run::run(context, arguments, out))),
};

//! `cockpit audit`: show what was changed, by whom and how it ended.

pub(super) mod args;
mod run;

use super::declared::{Declared, Schema, Work, never};
use crate::cli::output;
use crate::headless::{self, schema};
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
        make: || schema::of::<headless::operation::AuditList>(headless::operation::AUDIT),
    }],
    run: |context, arguments, out| Box::pin(ready(run::run(context, arguments, out))),
};

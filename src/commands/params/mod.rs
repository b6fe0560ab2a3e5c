//! `cockpit params`: manages parameters of Parameter Store, and lists secrets of Secrets Manager.

pub(super) mod args;
mod change;
mod export;
mod facts;
mod input;
mod read;
pub(super) mod report;
mod run;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

use super::declared::{Declared, Schema, Work};
use super::operation_schema::OPERATION;
use crate::cli::output;
use crate::headless::schema;
use args::{Action, Arguments};

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "params",
    formats: |arguments| match arguments.action {
        Action::Ls(_) | Action::Check | Action::Diff(_) | Action::History(_) => output::LIST,
        Action::Get(_) | Action::Put(_) | Action::Rm(_) | Action::Import(_) => output::TREE,
        Action::Export(_) => output::NONE,
    },
    takes_interrupt: |arguments| matches!(arguments.action, Action::Put(_) | Action::Rm(_) | Action::Import(_)),
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "parameters",
            about: "`cockpit params ls -o json`",
            make: || schema::of::<report::ParameterList>(report::LIST),
        },
        Schema {
            name: "parameter",
            about: "`cockpit params get -o json`",
            make: || schema::of::<report::OneParameter>(report::ONE),
        },
        Schema {
            name: "parameter-history",
            about: "`cockpit params history -o json`",
            make: || schema::of::<report::History>(report::HISTORY),
        },
        Schema {
            name: "parameter-check",
            about: "`cockpit params check -o json`",
            make: || schema::of::<report::Findings>(report::CHECK),
        },
        Schema {
            name: "parameter-diff",
            about: "`cockpit params diff -o json`",
            make: || schema::of::<report::Differences>(report::DIFF),
        },
        OPERATION,
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit instances`: lists and changes the environment's EC2 instances.

pub(super) mod args;
pub(super) mod report;
mod run;

use super::declared::{Declared, Schema, Work};
use super::operation_schema::OPERATION;
use crate::cli::output;
use crate::headless::schema;
use args::{Action, Arguments};

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "instances",
    formats: |arguments| match arguments.action {
        None => output::LIST,
        Some(Action::Start(_) | Action::Stop(_) | Action::Reboot(_)) => output::TREE,
        Some(Action::Session(_)) => output::NONE,
    },
    // In a session, Ctrl-C goes to the shell.
    takes_interrupt: |arguments| arguments.action.is_some(),
    work: Work::Prints,
    schemas: &[
        Schema {
            name: "instances",
            about: "`cockpit instances -o json`",
            make: || schema::of::<report::InstanceList>(report::SCHEMA),
        },
        OPERATION,
    ],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

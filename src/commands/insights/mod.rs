//! `cockpit insights`: search logs with CloudWatch Logs Insights.

pub(super) mod args;
mod run;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "insights",
    formats: |_| output::LIST,
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

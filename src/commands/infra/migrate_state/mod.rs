//! `cockpit infra migrate-state`: moves states from files to S3.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::always;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::NONE,
    // A move that has started is completed, or undone.
    takes_interrupt: always,
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

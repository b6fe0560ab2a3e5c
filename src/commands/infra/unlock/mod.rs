//! `cockpit infra unlock`: releases a lock that was left behind.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::always;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::NONE,
    // The release of a lock is recorded in the audit file, however it ends.
    takes_interrupt: always,
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

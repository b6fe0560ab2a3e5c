//! `cockpit infra runs`: the runs of an environment.

pub(super) mod args;
mod report;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::never;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::TREE,
    takes_interrupt: never,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

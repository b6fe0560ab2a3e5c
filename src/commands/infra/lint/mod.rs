//! `cockpit infra lint`: checks the code of units with a linter.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::never;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::LIST,
    takes_interrupt: never,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

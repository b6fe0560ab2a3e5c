//! `cockpit infra clean`: removes caches of units.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::never;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::NONE,
    takes_interrupt: never,
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

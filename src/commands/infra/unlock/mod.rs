//! `cockpit infra unlock`: a lock that somebody left behind.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::always;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::NONE,
    // A lock that is being released is written down however that ends.
    takes_interrupt: always,
    run: |context, arguments, _| Box::pin(run::run(context, arguments)),
};

//! `cockpit infra drift`: shows changes made elsewhere.

pub(super) mod args;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::always;
use args::Arguments;

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |_| output::PLAN,
    takes_interrupt: always,
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

//! `cockpit infra state`: inspects and pushes Terraform states of units.

pub(super) mod args;
mod push;
pub(super) mod report;
mod run;

use super::declared::Action;
use crate::cli::output;
use crate::commands::declared::Schema;
use crate::headless::schema;
use args::{Arguments, What};

pub(super) const LIST: Schema = Schema {
    name: "infra-state-list",
    about: "`cockpit infra state list -o json`",
    make: || schema::of::<report::StateList>(report::LIST),
};

pub(super) const SHOW: Schema = Schema {
    name: "infra-state-show",
    about: "`cockpit infra state show -o json`",
    make: || schema::of::<report::StateShow>(report::SHOW),
};

pub(super) const ACTION: Action<Arguments> = Action {
    formats: |arguments| match arguments.what {
        What::List(_) => output::LIST,
        What::Show(_) => output::TREE,
        What::Pull(_) => output::JSON,
        What::Push(_) => output::NONE,
    },
    // A push is recorded in the audit file, however it ends.
    takes_interrupt: |arguments| matches!(arguments.what, What::Push(_)),
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

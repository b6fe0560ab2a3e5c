//! `cockpit sql`: runs SQL in an environment's database.

mod answer;
pub(super) mod args;
mod catalogue;
mod copy_data;
mod ddl;
mod destination;
mod driver;
mod er;
mod read_only;
mod report;
mod run;
mod script;
mod session;

use super::declared::{Declared, Work, always};
use crate::cli::output;
use args::Arguments;

pub(super) const COMMAND: Declared<Arguments> = Declared {
    name: "sql",
    formats: |arguments| {
        if arguments.er {
            output::DIAGRAM
        } else if arguments.ddl.is_empty() {
            output::ROWS
        } else {
            output::STATEMENTS
        }
    },
    // An interrupt cancels the running statement at the server.
    takes_interrupt: always,
    work: Work::Prints,
    schemas: &[],
    run: |context, arguments, out| Box::pin(run::run(context, arguments, out)),
};

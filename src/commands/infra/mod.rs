//! `cockpit infra`: manages the infrastructure as code of an environment. Each subcommand is a folder with the same
//! files as those of `src/commands`: arguments (`args.rs`), work (`run.rs`), output (`report.rs`), and a `mod.rs` that
//! declares it. A new subcommand is a folder and one line in each of the two lists here.

/// The list of subcommands, in the order of the help.
macro_rules! with_actions {
    ($make:ident) => {
        $make! {
            Graph(graph),
            Plan(plan),
            Apply(apply),
            Destroy(destroy),
            Drift(drift),
            Runs(runs),
            Attach(attach),
            Approve(approve),
            Cancel(cancel),
            Resume(resume),
            Retry(retry),
            Orphans(orphans),
            Output(output),
            State(state),
            Init(init),
            Validate(validate),
            Fmt(fmt),
            Lint(lint),
            Clean(clean),
            Unlock(unlock),
            MigrateState(migrate_state),
            Import(import),
            Replace(replace),
        }
    };
}

mod apply;
mod approve;
mod attach;
mod cancel;
mod clean;
mod destroy;
mod drift;
mod fmt;
mod graph;
mod import;
mod init;
mod lint;
mod migrate_state;
mod orphans;
mod output;
mod plan;
mod replace;
mod resume;
mod retry;
mod runs;
mod state;
mod unlock;
mod validate;

pub(super) mod args;
mod declared;
mod difference;
mod environment_units;
mod failed_units;
mod findings;
mod list;
mod target;

mod account;
mod apply_destroy;
mod audited_change;
mod endpoint_check;
mod environment_runs;
mod follow_run;
mod pending_approval;
mod plan_texts;
mod planning;
mod progress;
mod question;
mod run_args;
mod running;
mod signals;

#[cfg(test)]
pub(super) mod samples;

use super::declared::{Declared, Schema, Work};
use crate::headless::schema;

pub(super) const COMMAND: Declared<args::Arguments> = Declared {
    name: "infra",
    formats: |arguments| arguments.action.formats(),
    takes_interrupt: |arguments| arguments.action.takes_interrupt(),
    work: Work::Prints,
    schemas: &[
        graph::SCHEMA,
        output::SCHEMA,
        state::LIST,
        state::SHOW,
        orphans::SCHEMA,
        plan::SCHEMA,
        runs::SCHEMA,
        FINDINGS,
    ],
    run: |context, arguments, out| arguments.action.run(context, out),
};

/// The schema of the output of `validate` and `lint`.
const FINDINGS: Schema = Schema {
    name: "infra-findings",
    about: "`cockpit infra validate -o json` and `cockpit infra lint -o json`",
    make: || schema::of::<findings::Findings>(findings::SCHEMA),
};

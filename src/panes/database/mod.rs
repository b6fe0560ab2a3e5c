//! The Database pane: databases with their instances, and curves, facts and activity of the selected one.

pub mod activity;
#[cfg(test)]
mod activity_tests;
mod activity_view;
mod commands;
mod history;
pub mod layout;
pub mod rows;
pub mod session;
pub mod session_lookup;
pub mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::facts::shown_database;
use crate::app::pane::{Data, Rows};
use crate::app::rows::{DATABASE_COLUMNS, sorted_databases};
use crate::app::subject::Subject;
use crate::app::tunnels::block::SPEC;
use crate::app::{Hooks, Pane, Spec, View, data_status, layout as place, select};
use crate::model::Source;
use commands::{ACTIONS as ACTIONS_HERE, COMMANDS};
use state::{ACTIVITY, CURVES, FACTS, LIST};

/// The Database pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Database",
    key: "4",
    doc: "Go to the databases.",
    heading: "In the databases",
    commands: COMMANDS,
    in_lists: &[],
    actions: ACTIONS_HERE,
    views: &[&VIEW, &ACTIVITY_VIEW],
    view: |app| if app.panes.database.shown { &ACTIVITY_VIEW } else { &VIEW },
    hooks: Hooks {
        open_subject: update::shows,
        back: activity::close,
        confirm: activity::confirm,
        confirmed: activity::confirmed,
        plan: update::plan,
        answer: update::answer,
        on_switch: update::switched,
        next_tick: session::next_tick,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "database",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: layout::layout,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::DbClusters, Source::DbInstances, Source::DbSnapshots, Source::RdsEvents, Source::Metrics],
};

static ACTIVITY_VIEW: View = View {
    name: "database-activity",
    blocks: &[&Spec {
        block: ACTIVITY,
        title: "Activity",
        header: true,
        columns: &[],
        rows: Rows::Lines(activity::rows),
        follows_end: false,
        is_entry: |_| true,
        subject: activity::subject,
        open: |_| None,
        details: activity::whole,
        data: Data::Own(activity::status),
    }],
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::DbClusters, Source::DbInstances],
};

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LIST,
        title: "Databases",
        header: true,
        columns: DATABASE_COLUMNS,
        rows: Rows::Sorted(sorted_databases),
        follows_end: false,
        is_entry: |key| !key.contains('/'),
        subject: select::database_subject,
        open: |_| None,
        details: rows::details,
        data: Data::Read {
            status: |app| {
                (
                    data_status::all(app, &[Source::DbClusters, Source::DbInstances]),
                    data_status::all(app, &[Source::Metrics]),
                )
            },
            missing: data_status::no_databases,
            empty: data_status::no_database,
        },
    },
    &Spec {
        subject: |app, _| Some(Subject::Database(shown_database(app, LIST)?.database.id.clone())),
        ..Spec::self_drawn(
            CURVES,
            "Metrics",
            data_status::chart_data(data_status::database_curves, data_status::no_databases),
        )
    },
    &Spec {
        block: FACTS,
        title: "Facts",
        header: false,
        columns: &[],
        rows: Rows::Facts(rows::facts),
        follows_end: false,
        is_entry: |_| true,
        subject: select::fact_subject,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| {
                (
                    data_status::all(app, &[Source::DbClusters, Source::DbInstances]),
                    data_status::all(app, &[Source::Metrics]),
                )
            },
            missing: data_status::no_databases,
            empty: data_status::no_database,
        },
    },
    &SPEC,
];

//! Databases with their instances; curves and facts of the selected one.

pub mod layout;
pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::commands::ACTIONS;
use crate::app::facts::shown_database;
use crate::app::pane::{Data, Rows};
use crate::app::rows::databases;
use crate::app::subject::Subject;
use crate::app::tunnels::block::SPEC;
use crate::app::{Hooks, Pane, Spec, View, data_status, layout as place, select};
use crate::model::Source;
use state::{CURVES, FACTS, LIST};

/// The pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Database",
    key: "4",
    doc: "Go to the databases.",
    heading: "",
    commands: &[],
    in_lists: &[],
    actions: ACTIONS,
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks { shows: update::shows, ..Hooks::NONE },
};

static VIEW: View = View {
    name: "database",
    blocks: BLOCKS,
    beside: &[],
    layout: layout::layout,
    summary: place::no_summary,
    about: |_| None,
    services: None,
    sources: &[Source::DbClusters, Source::DbInstances, Source::Metrics],
};

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LIST,
        title: "Databases",
        header: true,
        columns: &[],
        rows: Rows::Lines(databases),
        follows_end: false,
        counts: |key| !key.contains('/'),
        subject: select::a_database,
        open: |_| None,
        whole: rows::whole,
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
        block: CURVES,
        title: "Metrics",
        header: false,
        columns: &[],
        rows: Rows::None,
        follows_end: false,
        counts: |_| true,
        subject: |app, _| Some(Subject::Database(shown_database(app, LIST)?.database.id.clone())),
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Metrics]), Vec::new()),
            missing: data_status::no_databases,
            empty: |_| data_status::note("no points within the last three hours"),
        },
    },
    &Spec {
        block: FACTS,
        title: "Facts",
        header: false,
        columns: &[],
        rows: Rows::Facts(rows::facts),
        follows_end: false,
        counts: |_| true,
        subject: select::a_fact,
        open: |_| None,
        whole: |_, _| Vec::new(),
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

//! The Overview pane: the needs-attention list, services and databases, and the environment at a glance.

pub mod certificates;
pub mod glance;
pub mod glance_space;
#[cfg(test)]
mod glance_tests;
pub mod layout;
pub mod rows;
pub mod short_lines;
pub mod state;
pub mod switches;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod update;
pub mod view;

use crate::app::command::{Id, Scope};
use crate::app::commands::ACTIONS;
use crate::app::pane::{Data, Rows};
use crate::app::rows::{SERVICE_COLUMNS, databases, services};
use crate::app::{Command, Hooks, Pane, Spec, View, data_status, layout as place, select};
use crate::model::Source;
use state::{ATTENTION, DATABASE_CURVES, DATABASES, GLANCE, SERVICE_CURVES, SERVICES, TIMELINE};

/// The Overview pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Overview",
    key: "1",
    doc: "Go to the Overview.",
    heading: "In the Overview",
    commands: COMMANDS,
    in_lists: &[],
    actions: ACTIONS,
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks { plan: update::plan, answer: update::answer, on_switch: update::switched, ..Hooks::NONE },
};

const COMMANDS: &[Command] = &[Command::new(
    Id("timeline"),
    Scope::Pane(state::ID.0),
    "time line",
    &["t"],
    "Show the timeline on the whole screen, or all blocks again.",
    update::timeline,
)];

static VIEW: View = View {
    name: "overview",
    blocks: BLOCKS,
    unfocusable_blocks: BESIDE,
    layout: layout::layout,
    summary: place::no_summary,
    subject: |_| None,
    services: Some(SERVICES),
    sources: &Source::ALL,
};

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: ATTENTION,
        title: "Needs attention",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::lines),
        follows_end: false,
        is_entry: |_| true,
        subject: rows::subject,
        open: rows::open,
        details: |_, _| Vec::new(),
        data: // The entries report failures of their sources themselves.
        Data::Read {
            status: |app| (data_status::polled(app), Vec::new()),
            missing: |_| None,
            empty: rows::empty,
        },
    },
    &Spec {
        block: SERVICES,
        title: "Services",
        header: true,
        columns: SERVICE_COLUMNS,
        rows: Rows::Sorted(services),
        follows_end: false,
        is_entry: |_| true,
        subject: select::service_subject,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read {
            status: data_status::services,
            missing: data_status::no_cluster,
            empty: data_status::no_services,
        },
    },
    &Spec {
        block: DATABASES,
        title: "Databases",
        header: true,
        columns: &[],
        rows: Rows::Lines(databases),
        follows_end: false,
        is_entry: |key| !key.contains('/'),
        subject: select::database_subject,
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
    &Spec {
        block: TIMELINE,
        title: "Time line",
        header: false,
        columns: &[],
        rows: Rows::NewestFirst(timeline::lines),
        follows_end: false,
        is_entry: |_| true,
        subject: timeline::subject,
        open: |_| None,
        details: timeline::details,
        data: Data::Own(timeline::data_status),
    },
    &Spec {
        block: GLANCE,
        title: "At a glance",
        header: false,
        columns: &[],
        rows: Rows::Facts(glance::facts),
        follows_end: false,
        is_entry: |_| true,
        subject: glance::subject,
        open: glance::open,
        details: glance::details,
        data: Data::Own(glance::data_status),
    },
];

const BESIDE: &[&Spec] = &[
    &Spec::self_drawn(
        SERVICE_CURVES,
        "Metrics",
        data_status::chart_data(data_status::service_curves, data_status::no_cluster),
    ),
    &Spec::self_drawn(
        DATABASE_CURVES,
        "Metrics",
        data_status::chart_data(data_status::database_curves, data_status::no_databases),
    ),
];

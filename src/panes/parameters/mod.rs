//! The Parameters pane: parameters as a tree of their paths with secrets below, facts of the selected one, its value for half
//! a minute on request, and a check of the parameters that task definitions reference.

mod layout;
mod requests;
pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::{Bottom, Id, Risk, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View, layout as place, select};
use crate::model::Source;
use state::{CHECK, FACTS, LIST};

/// The Parameters pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Parameters",
    key: "7",
    doc: "Go to the parameters.",
    heading: "In the parameters",
    commands: COMMANDS,
    in_lists: &[],
    actions: &[REVEAL, PUT, REMOVE, Id::OPEN, Id::COPY, REFRESH],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks {
        open: update::open,
        open_subject: update::shows,
        accepted: update::accepted,
        plan: requests::plan,
        answer: requests::answer,
        renewed: requests::renewed,
        on_switch: update::switched,
        settle: update::settle,
        ..Hooks::NONE
    },
};

const REVEAL: Id = Id("param-reveal");
const COPY: Id = Id("param-copy");
const PUT: Id = Id("param-put");
const NEW: Id = Id("param-new");
const REMOVE: Id = Id("param-remove");
const EVERYTHING: Id = Id("param-all-secrets");
const REFRESH: Id = Id("param-refresh");

const COMMANDS: &[Command] = &[
    Command::new(
        REVEAL,
        Scope::Pane(state::ID.0),
        "value",
        &["v"],
        "Show the value of the selected parameter; it hides again after 30 s, and when the pane is left.",
        update::reveal,
    )
    .when(rows::is_parameter_selected)
    .on_bottom(Bottom::First(1)),
    Command::new(
        COPY,
        Scope::Pane(state::ID.0),
        "copy",
        &["y"],
        "Copy the value while it is shown, else the name, also over ssh.",
        update::copy,
    )
    .when(|app| select::subject(app).is_some()),
    Command::new(
        PUT,
        Scope::Pane(state::ID.0),
        "put",
        &["P"],
        "Write a new value of the selected parameter: typed without being shown, written after the plan is confirmed.",
        update::put,
    )
    .with_risk(Risk::Change)
    .when(rows::is_parameter_selected)
    .on_bottom(Bottom::First(2)),
    Command::new(
        NEW,
        Scope::Pane(state::ID.0),
        "new",
        &["A"],
        "Create a parameter: type its name, then its value.",
        update::new,
    )
    .with_risk(Risk::Change)
    .on_bottom(Bottom::First(3)),
    Command::new(
        REMOVE,
        Scope::Pane(state::ID.0),
        "remove",
        &["X"],
        "Remove the selected parameter with all its versions.",
        update::remove,
    )
    .with_risk(Risk::Destroy)
    .when(rows::is_parameter_selected),
    Command::new(
        EVERYTHING,
        Scope::Pane(state::ID.0),
        "all secrets",
        &["*"],
        "Show secrets of the whole region, not only those assigned to the environment; again hides them.",
        update::everything,
    ),
    Command::new(
        REFRESH,
        Scope::Pane(state::ID.0),
        "refresh",
        &["r"],
        "Refresh parameters and secrets now.",
        update::refresh,
    ),
];

static VIEW: View = View {
    name: "parameters",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: layout::layout,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Services],
};

const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LIST,
        title: "Parameters",
        header: true,
        columns: rows::COLUMNS,
        rows: Rows::Sorted(rows::in_order),
        follows_end: false,
        is_entry: |key| !key.ends_with('/') && !key.starts_with(rows::SECRET),
        subject: rows::subject,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Own(rows::data_status),
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
        data: Data::Own(rows::facts_status),
    },
    &Spec {
        block: CHECK,
        title: "Check",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::findings),
        follows_end: false,
        is_entry: |_| true,
        subject: rows::finding_subject,
        open: |_| None,
        details: rows::finding_details,
        data: Data::Own(rows::check_status),
    },
];

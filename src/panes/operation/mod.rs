//! The Operation pane: the picture and the log of one operation. It has no tab; it opens from the activity, and when an
//! operation starts.

mod picture_view;

#[cfg(test)]
mod asked_tests;
#[cfg(test)]
mod custom_tests;
pub mod layout;
#[cfg(test)]
mod picture_tests;
pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::{Id, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View};
use crate::model::Source;
use state::{LOG, PROGRESS};

/// The Operation pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Operation",
    key: "",
    doc: "",
    heading: "In an operation",
    commands: &[Command::new(
        Id("stop-command"),
        Scope::Pane(state::ID.0),
        "stop",
        &["ctrl-k"],
        "Stop the running command with all its child processes.",
        update::stop,
    )
    .when(update::runs_program)],
    in_lists: &[],
    actions: &[Id("stop-command"), Id::BACK, Id::ROLL_BACK, Id::OPEN, Id::COPY],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks::NONE,
};

static VIEW: View = View {
    name: "operation",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: layout::layout,
    summary: layout::summary,
    subject: rows::subject,
    services: None,
    sources: &[Source::Services, Source::Tasks],
};

// The log comes first because it takes the focus: it is scrolled and searched.
const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LOG,
        title: "Log",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::log),
        follows_end: true,
        is_entry: |_| true,
        subject: rows::line,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Own(rows::log_status),
    },
    &Spec::self_drawn(PROGRESS, "Progress", Data::Own(rows::progress_status)),
];

//! An operation: its picture and its log. It has no tab: it is opened from the activity, and when it begins.

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
        "Stop the command that runs here, with all that it started.",
        update::stop,
    )
    .when(update::runs)],
    in_lists: &[],
    actions: &[Id("stop-command"), Id::BACK, Id::ROLL_BACK, Id::OPEN, Id::COPY],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks::NONE,
};

static VIEW: View = View {
    name: "operation",
    blocks: BLOCKS,
    beside: &[],
    layout: layout::layout,
    summary: layout::summary,
    about: rows::about,
    services: None,
    sources: &[Source::Services, Source::Tasks],
};

// The log first: it is what is moved in and searched.
const BLOCKS: &[&Spec] = &[
    &Spec {
        block: LOG,
        title: "Log",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::log),
        follows_end: true,
        counts: |_| true,
        subject: rows::line,
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Own(rows::log_standing),
    },
    &Spec::drawn(PROGRESS, "Progress", Data::Own(rows::progress_standing)),
];

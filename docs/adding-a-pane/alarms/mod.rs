//! The Alarms pane: the example of `docs/adding-a-pane.md`.

pub mod rows;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::{Bottom, Id, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View, layout};
use crate::model::Source;

/// The Alarms pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Alarms",
    key: "9",
    doc: "Go to the alarms.",
    heading: "In the alarms",
    commands: COMMANDS,
    in_lists: &[],
    actions: &[Id::INSPECT, Id::COPY, Id::CONSOLE, Id::REFRESH],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks { plan: update::plan, answer: update::answer, on_switch: update::switched, ..Hooks::NONE },
};

const COMMANDS: &[Command] = &[Command::new(
    Id("only-firing"),
    Scope::Pane(state::ID.0),
    "only firing",
    &["f"],
    "Show all alarms, or those that are in alarm.",
    update::only_firing,
)
.on_bottom(Bottom::First(1))];

static VIEW: View = View {
    name: "alarms",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: layout::single_block,
    summary: layout::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Alarms],
};

const BLOCKS: &[&Spec] = &[&Spec {
    block: state::LIST,
    title: "Alarms",
    header: true,
    columns: &[],
    rows: Rows::Lines(rows::lines),
    follows_end: false,
    is_entry: |_| true,
    subject: rows::subject,
    open: |_| None,
    details: |_, _| Vec::new(),
    data: Data::Own(rows::data_status),
}];

//! Databases.

pub mod state;

use crate::app::command::PaneId;
use crate::app::commands::ACTIONS;
use crate::app::{Hooks, Pane};

/// Its name.
pub const ID: PaneId = PaneId("database");

/// The pane.
pub const PANE: Pane = Pane {
    id: ID,
    title: "Database",
    key: "4",
    doc: "Go to the databases.",
    heading: "",
    commands: &[],
    in_lists: &[],
    actions: ACTIONS,
    hooks: Hooks::NONE,
};

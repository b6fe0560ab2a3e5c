//! What needs attention, services and databases at a glance.

pub mod state;

use crate::app::command::PaneId;
use crate::app::commands::ACTIONS;
use crate::app::{Hooks, Pane};

/// Its name.
pub const ID: PaneId = PaneId("overview");

/// The pane.
pub const PANE: Pane = Pane {
    id: ID,
    title: "Overview",
    key: "1",
    doc: "Go to the Overview.",
    heading: "",
    commands: &[],
    in_lists: &[],
    actions: ACTIONS,
    hooks: Hooks::NONE,
};

//! An operation: its picture and its log. It has no tab: it is opened from the activity, and when it begins.

pub mod state;

use crate::app::command::Id;
use crate::app::command::PaneId;
use crate::app::{Hooks, Pane};

/// Its name.
pub const ID: PaneId = PaneId("operation");

/// The pane.
pub const PANE: Pane = Pane {
    id: ID,
    title: "Operation",
    key: "",
    doc: "",
    heading: "",
    commands: &[],
    in_lists: &[],
    actions: &[Id::BACK, Id::ROLL_BACK, Id::OPEN, Id::COPY],
    hooks: Hooks::NONE,
};

//! Services, one service, one task.

pub mod state;

use crate::app::command::PaneId;
use crate::app::commands::ACTIONS;
use crate::app::{Hooks, Pane};

/// Its name.
pub const ID: PaneId = PaneId("services");

/// The pane.
pub const PANE: Pane = Pane {
    id: ID,
    title: "Services",
    key: "2",
    doc: "Go to the services.",
    heading: "",
    commands: &[],
    in_lists: &[],
    actions: ACTIONS,
    hooks: Hooks {
        // A second press leaves an opened service: the key names the list.
        entered: |app| {
            if app.screen.operation.is_none() && app.screen.pane == ID {
                app.screen.task = None;
                app.screen.service = None;
            }
        },
        ..Hooks::NONE
    },
};

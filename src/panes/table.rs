//! All panes and all commands, generated from the list of panes.

use crate::app::Table;
use crate::app::command::{Command, Id, Scope};
use crate::app::commands::{CHANGES, FIRST, MOVING, TYPING};
use crate::app::update::run::enter;

macro_rules! tables {
    ($($name:ident,)*) => {
        /// All panes and all commands.
        pub static TABLE: Table = Table {
            panes: &[$(&crate::panes::$name::PANE,)*],
            commands: &[
                FIRST,
                $(if crate::panes::$name::PANE.key.is_empty() { &[] } else { &[Command::new(
                    Id(crate::panes::$name::PANE.id.0),
                    Scope::Global,
                    crate::panes::$name::PANE.title,
                    &[crate::panes::$name::PANE.key],
                    crate::panes::$name::PANE.doc,
                    |app| enter(app, crate::panes::$name::PANE.id),
                )] },)*
                MOVING,
                $(crate::panes::$name::PANE.in_lists,)*
                CHANGES,
                $(crate::panes::$name::PANE.commands,)*
                TYPING,
            ],
        };
    };
}

with_panes!(tables);

/// The table with the additional pane of docs/adding-a-pane.md.
#[cfg(test)]
pub(crate) mod with_example {
    use super::*;

    with_panes!(tables alarms);
}

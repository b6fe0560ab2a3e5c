//! Its name, and what it keeps: nothing, as tunnels are the session's (`app::tunnels`).

use crate::app::command::PaneId;
use crate::app::tunnels::pane::PANE;

/// The pane.
pub const ID: PaneId = PANE;

/// Nothing.
#[derive(Debug, Clone, Default)]
pub struct State;

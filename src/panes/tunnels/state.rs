//! Its name, and what it keeps: nothing, as tunnels are the session's (`app::tunnels`).

use crate::app::command::PaneId;
use crate::app::tunnels::pane::PANE;

/// The name of the Tunnels pane.
pub const ID: PaneId = PANE;

/// The pane remembers nothing: tunnels belong to the session.
#[derive(Debug, Clone, Default)]
pub struct State;

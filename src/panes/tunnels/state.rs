//! The identifier of the pane. Its state is empty, because tunnels belong to the session (`app::tunnels`).

use crate::app::command::PaneId;
use crate::app::tunnels::pane::PANE;

/// The identifier of the Tunnels pane.
pub const ID: PaneId = PANE;

/// The state of the pane: empty, because tunnels belong to the session.
#[derive(Debug, Clone, Default)]
pub struct State;

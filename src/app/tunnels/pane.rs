//! The pane whose windows ask about tunnels.

use crate::app::command::PaneId;

/// The name of the Tunnels pane.
pub const PANE: PaneId = PaneId("tunnels");

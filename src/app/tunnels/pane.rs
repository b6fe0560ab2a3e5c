//! The pane whose windows ask about tunnels.

use crate::app::command::PaneId;

/// Its name.
pub const PANE: PaneId = PaneId("tunnels");

//! Its name, those of its blocks, and what it keeps: nothing of its own.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The pane.
pub const ID: PaneId = PaneId("database");
/// Databases with their members.
pub const LIST: Block = Block("databases");
/// The selected database's curves.
pub const CURVES: Block = Block("database-curves");
/// The selected database's facts: endpoint, backups, pending changes.
pub const FACTS: Block = Block("database-facts");

/// Nothing.
#[derive(Debug, Clone, Default)]
pub struct State;

//! The name of the Operation pane, and those of its blocks; it remembers nothing.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The name of the Operation pane.
pub const ID: PaneId = PaneId("operation");
/// The block with the picture of the progress.
pub const PROGRESS: Block = Block("progress");
/// The block with the operation's log.
pub const LOG: Block = Block("operation-log");

/// The pane remembers nothing: operations are kept in the state of the app.
#[derive(Debug, Clone, Default)]
pub struct State;

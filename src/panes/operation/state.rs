//! Identifiers of the Operation pane and its blocks. Its state is empty.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The identifier of the Operation pane.
pub const ID: PaneId = PaneId("operation");
/// The block with the picture of the progress.
pub const PROGRESS: Block = Block("progress");
/// The block with the operation's log.
pub const LOG: Block = Block("operation-log");

/// The state of the pane: empty, because the app keeps the operations.
#[derive(Debug, Clone, Default)]
pub struct State;

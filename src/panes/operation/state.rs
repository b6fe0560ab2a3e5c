//! Its name, those of its blocks, and what it keeps: nothing of its own.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The pane.
pub const ID: PaneId = PaneId("operation");
/// How it stands, as a picture.
pub const PROGRESS: Block = Block("progress");
/// What it did, and what was seen meanwhile.
pub const LOG: Block = Block("operation-log");

/// Nothing.
#[derive(Debug, Clone, Default)]
pub struct State;

//! What the pane keeps: nothing of its own.

/// Nothing.
#[derive(Debug, Clone, Default)]
pub struct State;

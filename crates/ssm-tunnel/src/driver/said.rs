//! What goes into a shell and comes out of it.

use crate::message::Size;
use bytes::Bytes;

/// What goes in.
#[derive(Debug, Clone)]
pub enum ShellInput {
    /// What was typed.
    Bytes(Bytes),
    /// The size of the terminal, as it is now.
    Size(Size),
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellOutput {
    /// Output.
    Output(Bytes),
    /// Output of stderr, where the agent tells it apart.
    Stderr(Bytes),
    /// The exit code, where the agent tells it.
    Exit(i32),
    /// Nothing more comes; why stands in the status.
    Closed,
}

impl ShellOutput {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Output(bytes) | Self::Stderr(bytes) => bytes.len(),
            Self::Exit(_) | Self::Closed => 0,
        }
    }
}

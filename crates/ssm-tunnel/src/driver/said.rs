//! The input and output of a shell.

use crate::message::Size;
use bytes::Bytes;

/// Input for a shell.
#[derive(Debug, Clone)]
pub enum ShellInput {
    /// Bytes that were typed.
    Bytes(Bytes),
    /// The size of the terminal, as it is now.
    Size(Size),
}

/// Output of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellOutput {
    /// Bytes of stdout, or of the terminal.
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

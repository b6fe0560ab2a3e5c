//! The input and output of a shell.

use crate::message::Size;
use bytes::Bytes;

/// Input for a shell.
#[derive(Debug, Clone)]
pub enum ShellInput {
    /// Typed bytes.
    Bytes(Bytes),
    /// The current size of the terminal.
    Size(Size),
}

/// Output of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellOutput {
    /// Bytes of stdout, or of the terminal.
    Output(Bytes),
    /// Bytes of stderr, if the agent separates them from stdout.
    Stderr(Bytes),
    /// The exit code, if the agent reports it.
    Exit(i32),
    /// No more output follows; the status contains the reason.
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

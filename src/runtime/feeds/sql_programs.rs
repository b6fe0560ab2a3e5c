//! The shell commands that results are piped into until they are left, by their numbers.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;

/// The standard input of a command, shared by its writers.
#[derive(Debug, Clone)]
pub(super) struct Input(Arc<tokio::sync::Mutex<Option<ChildStdin>>>);

impl Input {
    pub(super) fn new(input: Option<ChildStdin>) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(input)))
    }

    /// Writes to the command's standard input.
    ///
    /// # Errors
    /// If the command no longer reads, or has ended.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self.0.lock().await.as_mut() {
            Some(input) => input.write_all(bytes).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Closes the standard input, so that the command reaches its end.
    pub(super) async fn close(&self) {
        self.0.lock().await.take();
    }
}

/// The commands that results are piped into, by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Programs(Arc<Mutex<HashMap<u64, Input>>>);

impl Programs {
    fn all(&self) -> MutexGuard<'_, HashMap<u64, Input>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a running command.
    pub(super) fn add(&self, number: u64, input: Input) {
        self.all().insert(number, input);
    }

    /// Removes a command that has ended.
    pub(super) fn remove(&self, number: u64) {
        self.all().remove(&number);
    }

    /// Returns the command with this number while it runs.
    pub(super) fn get(&self, number: u64) -> Option<Input> {
        self.all().get(&number).cloned()
    }
}

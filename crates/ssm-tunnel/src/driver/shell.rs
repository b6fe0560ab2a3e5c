//! An interactive terminal or a command on the target.

use super::actor::{Actor, Served};
use super::bucket::Bucket;
use super::gate::{Gate, Options};
use super::shell_io::{ShellInput, ShellOutput};
use super::status::Status;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

/// An interactive session. Dropping it ends the session.
pub struct Shell {
    input: Option<mpsc::Sender<ShellInput>>,
    output: mpsc::UnboundedReceiver<ShellOutput>,
    bucket: Arc<Bucket>,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    task: JoinHandle<Option<String>>,
}

impl Shell {
    /// Opens a shell or a command. Returns at once; the status reports the progress.
    pub fn open<G: Gate>(gate: G, options: Options) -> Self {
        let (input, from_input) = mpsc::channel(16);
        let (to_output, output) = mpsc::unbounded_channel();
        let (stop, on_stop) = watch::channel(false);
        let (status, on_status) = watch::channel(Status::new());
        let (changes, _) = broadcast::channel(1);
        let bucket = Arc::new(Bucket::default());
        let served = Served::Shell { input: from_input, output: to_output };
        let actor = Actor::new(Arc::new(gate), options, served, bucket.clone(), on_stop, status, changes);
        let task = tokio::spawn(actor.run());
        Self { input: Some(input), output, bucket, stop, status: on_status, task }
    }

    /// Returns the sender for input, the first time only. Sending waits until the session is ready and while it does
    /// not keep up.
    pub fn input(&mut self) -> Option<mpsc::Sender<ShellInput>> {
        self.input.take()
    }

    /// The next output.
    pub async fn next(&mut self) -> Option<ShellOutput> {
        let output = self.output.recv().await?;
        self.bucket.drain(output.len());
        Some(output)
    }

    /// Returns a receiver to watch the status of the session.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends the session, also with AWS, and returns its last status.
    pub async fn close(mut self) -> Status {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
        self.status.borrow().clone()
    }
}

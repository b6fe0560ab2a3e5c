//! A command of this machine's shell that reads a result, or whose output is copied to the server.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// So much of what it says is told.
const TOLD: usize = 16 * 1024;

/// A command that runs. It is ended with all that it started when this is dropped.
pub(super) struct Program {
    pub(super) child: Child,
    group: Option<Pid>,
    said: Vec<JoinHandle<String>>,
}

impl Program {
    /// Starts one, which reads (`reads`) or is read.
    ///
    /// # Errors
    /// There is no shell.
    pub(super) fn start(command: &str, reads: bool) -> io::Result<Self> {
        let (input, output) = if reads { (Stdio::piped(), Stdio::piped()) } else { (Stdio::null(), Stdio::piped()) };
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(command)
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let mut said = Vec::new();
        if reads {
            said.extend(child.stdout.take().map(|stream| tokio::spawn(beginning(stream))));
        }
        said.extend(child.stderr.take().map(|stream| tokio::spawn(beginning(stream))));
        Ok(Self { child, group, said })
    }

    /// Waits for its end: what it said, or why it failed.
    pub(super) async fn end(mut self) -> Result<String, String> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await;
        let mut said = String::new();
        for stream in std::mem::take(&mut self.said) {
            said += &stream.await.unwrap_or_default();
        }
        self.group = None;
        match status {
            Ok(status) if status.success() => Ok(said),
            Ok(status) => Err(format!("the command ended with {status}: {said}").trim_end_matches(": ").to_owned()),
            Err(error) => Err(format!("the command could not be waited for: {error}")),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

/// Reads all that somebody says, and keeps its beginning.
async fn beginning(mut stream: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut piece) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        let room = TOLD.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&piece[..room]);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

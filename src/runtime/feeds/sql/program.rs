//! A command of this machine's shell that reads a result, or whose output is copied to the server.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How much of what it says is told.
const TOLD: usize = 16 * 1024;
/// The wait for output after a command's end: what it leaves running in the background may hold its output open.
const MOMENT: Duration = Duration::from_secs(1);

/// A command that runs. It is ended with all that it started when this is dropped.
pub(super) struct Program {
    pub(super) child: Child,
    group: Option<Pid>,
    said: Vec<Beginning>,
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
            said.extend(child.stdout.take().map(Beginning::of));
        }
        said.extend(child.stderr.take().map(Beginning::of));
        Ok(Self { child, group, said })
    }

    /// Waits for its end: what it said, or why it failed.
    pub(super) async fn end(mut self) -> Result<String, String> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await;
        let mut said = String::new();
        for stream in std::mem::take(&mut self.said) {
            said += &stream.text().await;
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

/// The beginning of what somebody says, all of which is read.
struct Beginning {
    kept: Arc<Mutex<Vec<u8>>>,
    reads: JoinHandle<()>,
}

impl Beginning {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&kept);
        let reads = tokio::spawn(async move {
            let mut piece = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
                let room = TOLD.saturating_sub(kept.len()).min(count);
                kept.extend_from_slice(&piece[..room]);
            }
        });
        Self { kept, reads }
    }

    /// The output, after the command's end. Where the end of the output does not come soon, the output until now; it is
    /// read on.
    async fn text(self) -> String {
        let _ = timeout(MOMENT, self.reads).await;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_command_leaves_running_is_not_waited_for() {
        let program = Program::start("{ sleep 10; echo late; } & echo said", true).unwrap();
        assert_eq!(program.end().await.as_deref(), Ok("said\n"));
    }
}

//! A shell command that reads a result, or whose output is copied to the server.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The maximum number of bytes of output to report.
const MAX_OUTPUT: usize = 16 * 1024;
/// How long to wait for output after the command has ended: its background processes may keep the output open.
const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// A running command. Dropping it ends it and every process that it started.
pub(super) struct Program {
    pub(super) child: Child,
    group: Option<Pid>,
    outputs: Vec<OutputHead>,
}

impl Program {
    /// Starts a command, which reads from us (`reads`) or is read by us.
    ///
    /// # Errors
    /// If the shell cannot be started.
    pub(super) fn start(command: &str, reads: bool) -> io::Result<Self> {
        let (input, stdout) = if reads { (Stdio::piped(), Stdio::piped()) } else { (Stdio::null(), Stdio::piped()) };
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(command)
            .stdin(input)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let mut outputs = Vec::new();
        if reads {
            outputs.extend(child.stdout.take().map(OutputHead::of));
        }
        outputs.extend(child.stderr.take().map(OutputHead::of));
        Ok(Self { child, group, outputs })
    }

    /// Waits for the end of the command; returns its output, or why it failed.
    pub(super) async fn end(mut self) -> Result<String, String> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await;
        let mut output = String::new();
        for stream in std::mem::take(&mut self.outputs) {
            output += &stream.text().await;
        }
        self.group = None;
        match status {
            Ok(status) if status.success() => Ok(output),
            Ok(status) => Err(format!("the command ended with {status}: {output}").trim_end_matches(": ").to_owned()),
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

/// Reads a stream to its end and keeps the beginning.
struct OutputHead {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl OutputHead {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&kept);
        let reader = tokio::spawn(async move {
            let mut piece = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MAX_OUTPUT.saturating_sub(kept.len()).min(count);
                kept.extend_from_slice(&piece[..room]);
            }
        });
        Self { kept, reader }
    }

    /// Returns the output after the command has ended. If the stream does not end soon, returns the output until now while
    /// reading continues.
    async fn text(self) -> String {
        let _ = timeout(OUTPUT_GRACE, self.reader).await;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn background_process_of_a_command_is_not_waited_for() {
        let program = Program::start("{ sleep 10; echo late; } & echo said", true).unwrap();
        assert_eq!(program.end().await.as_deref(), Ok("said\n"));
    }
}

//! Short calls of Terraform or Terragrunt. This is the only place that starts them and waits for their output, except for runs,
//! which outlive the cockpit and start their own.

use super::environment::ChildEnvironment;
use crate::model::infra::{InfraError, InfraErrorKind};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// The arguments of Terragrunt for commands on a state: it initialises nothing, and prints only the output of Terraform.
pub(super) const STATE: [&str; 6] =
    ["run", "--non-interactive", "--no-color", "--no-auto-init", "--tf-forward-stdout", "--"];

/// The maximum output in bytes. A state of ten thousand resources is a fifth of it.
const MAX_OUTPUT: u64 = 256 * 1024 * 1024;
/// The maximum number of bytes to keep from the end of standard error, which has the reason of a failure.
const MAX_ERRORS: usize = 256 * 1024;
/// The default time limit, for a distant backend or a wait for a lock.
const DEFAULT_LIMIT: Duration = Duration::from_mins(5);
/// How long to read the output after the program's end: its background processes may keep the output open.
const DRAIN: Duration = Duration::from_secs(1);

/// A call of Terraform or Terragrunt: program, arguments, folder.
#[derive(Debug, Clone)]
pub struct ToolCall {
    program: PathBuf,
    arguments: Vec<OsString>,
    dir: PathBuf,
    limit: Duration,
}

/// The output of a program that was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolOutput {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The end of its standard error, without colours.
    pub stderr_tail: String,
}

impl ToolCall {
    /// Creates a call of a program in a folder.
    pub fn new(program: &Path, dir: &Path) -> Self {
        Self { program: program.to_owned(), arguments: Vec::new(), dir: dir.to_owned(), limit: DEFAULT_LIMIT }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments(mut self, more: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(more.into_iter().map(Into::into));
        self
    }

    /// Sets the time limit.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Returns the command as it would be typed, for messages.
    pub fn command_line(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy();
        let words = self.arguments.iter().map(|word| word.to_string_lossy());
        std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Runs the program and waits for its end; dropping the future kills the program. It gets no standard input, and no variables
    /// except those of `surroundings`.
    ///
    /// # Errors
    /// If it cannot be started, does not end within its time limit, or prints too much.
    pub async fn run(&self, surroundings: &ChildEnvironment) -> Result<ToolOutput, InfraError> {
        let failed = |message: String| InfraError::new(InfraErrorKind::Failed, message);
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.dir)
            .env_clear()
            .envs(surroundings.variables().iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.not_started(&error))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let running = async {
            let reading = async { tokio::join!(read_all(out), read_end(err)) };
            tokio::pin!(reading);
            tokio::select! {
                output = &mut reading => (Some(output), child.wait().await),
                status = child.wait() => (tokio::time::timeout(DRAIN, &mut reading).await.ok(), status),
            }
        };
        let Ok((output, status)) = tokio::time::timeout(self.limit, running).await else {
            let limit = crate::model::time::sentence_duration(self.limit.try_into().unwrap_or_default());
            return Err(failed(format!("`{}` did not end within {limit} and was ended", self.command_line())));
        };
        let status = status.map_err(|error| failed(format!("`{}` was lost: {error}", self.command_line())))?;
        let (out, err) = output.unwrap_or((Some(Vec::new()), String::new()));
        let Some(out) = out else {
            return Err(failed(format!("`{}` prints more than {} MB", self.command_line(), MAX_OUTPUT >> 20))
                .hint("it is not kept: look at it with the program itself"));
        };
        Ok(ToolOutput { code: status.code(), stdout: out, stderr_tail: without_colours(&err) })
    }

    /// Runs the program, and treats an exit code other than 0 as trouble.
    ///
    /// # Errors
    /// As for [`Self::run`], and if the program fails.
    pub async fn run_checked(&self, surroundings: &ChildEnvironment, message: &str) -> Result<ToolOutput, InfraError> {
        let answer = self.run(surroundings).await?;
        if answer.code == Some(0) { Ok(answer) } else { Err(self.failure(message, &answer)) }
    }

    /// Returns the trouble of a program that failed, with its output.
    pub fn failure(&self, message: &str, answer: &ToolOutput) -> InfraError {
        let end = answer.code.map_or("was ended by a signal".to_owned(), |code| format!("ended with {code}"));
        InfraError::new(InfraErrorKind::Failed, message)
            .cause(format!("`{}` {end}", self.command_line()))
            .causes(answer.error_lines())
    }

    fn not_started(&self, error: &std::io::Error) -> InfraError {
        let program = self.program.display();
        if !self.dir.is_dir() {
            let message = format!("the folder {} is not there", self.dir.display());
            return InfraError::new(InfraErrorKind::Usage, message)
                .hint("was it moved? correct it in the configuration");
        }
        InfraError::new(InfraErrorKind::Tool, format!("{program} cannot be started: {error}"))
    }
}

impl ToolOutput {
    /// Returns its errors for a person: Terraform's errors without their frames, at most 20 lines.
    pub fn error_lines(&self) -> Vec<String> {
        let output = if self.stderr_tail.trim().is_empty() {
            String::from_utf8_lossy(&self.stdout)
        } else {
            (&*self.stderr_tail).into()
        };
        let frame = |c: char| matches!(c, '│' | '╷' | '╵') || c.is_whitespace();
        let lines = output.lines().map(|line| line.trim_matches(frame)).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        // The first error is the most informative; others often follow from it.
        let first = lines.iter().position(|line| line.starts_with("Error:")).unwrap_or(0);
        lines.into_iter().skip(first).take(20).collect()
    }
}

/// Removes the escape sequences of colours.
fn without_colours(output: &str) -> String {
    let mut plain = String::with_capacity(output.len());
    let mut parts = output.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    }
    plain
}

/// Reads a stream completely; `None` if it is too long.
async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    let Some(stream) = stream else { return Some(output) };
    let _ = stream.take(MAX_OUTPUT + 1).read_to_end(&mut output).await;
    (output.len() as u64 <= MAX_OUTPUT).then_some(output)
}

/// Reads a stream and returns its end.
async fn read_end(stream: Option<impl AsyncRead + Unpin>) -> String {
    let (mut output, mut chunk) = (Vec::new(), vec![0; 16 * 1024]);
    let Some(mut stream) = stream else { return String::new() };
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        output.extend_from_slice(&chunk[..length]);
        if output.len() > 2 * MAX_ERRORS {
            output.drain(..output.len() - MAX_ERRORS);
        }
    }
    String::from_utf8_lossy(&output).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_removed_from_the_output() {
        assert_eq!(without_colours("\u{1b}[31m\u{1b}[1m│\u{1b}[0m Error\u{1b}["), "│ Error");
        assert_eq!(without_colours("plain [x]"), "plain [x]");
    }

    #[test]
    fn complaints_begin_at_the_first_error_without_its_frame() {
        let err = "Initializing…\n╷\n│ Error: Unsupported block type\n│ \n│   on main.tf line 3:\n│    3: x {\n╵\n"
            .to_owned();
        let answer = ToolOutput { code: Some(1), stdout: b"ignored".to_vec(), stderr_tail: err };
        assert_eq!(answer.error_lines(), ["Error: Unsupported block type", "on main.tf line 3:", "3: x {"]);
        let answer = ToolOutput { code: Some(1), stdout: b"on stdout\n".to_vec(), stderr_tail: " \n".into() };
        assert_eq!(answer.error_lines(), ["on stdout"]);
    }
}

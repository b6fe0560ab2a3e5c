//! A short question to Terraform or Terragrunt: the one place that starts them and waits for what they say. A run, which
//! outlives the cockpit, starts its own.

use super::surroundings::ChildEnvironment;
use crate::model::infra::{Trouble, TroubleKind};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// How Terragrunt is called for a question about a state: it initialises nothing, and what Terraform says is all that it prints.
pub(super) const STATE: [&str; 6] =
    ["run", "--non-interactive", "--no-color", "--no-auto-init", "--tf-forward-stdout", "--"];

/// More than this is no answer: a state of ten thousand resources is a fifth of it.
const MOST: u64 = 256 * 1024 * 1024;
/// The most bytes of stderr that are kept, from its end, where the reason stands.
const COMPLAINT: usize = 256 * 1024;
/// How long a question may take that was given no limit: a backend far away, a lock that is waited for.
const LIMIT: Duration = Duration::from_mins(5);
/// How long what it printed is still read after its end: what it left running may hold its output open.
const DRAIN: Duration = Duration::from_secs(1);

/// A question to Terraform or Terragrunt: program, arguments, folder.
#[derive(Debug, Clone)]
pub struct Question {
    program: PathBuf,
    arguments: Vec<OsString>,
    dir: PathBuf,
    limit: Duration,
}

/// The output of a program that was asked something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: Vec<u8>,
    /// The end of its standard error, without colours.
    pub err: String,
}

impl Question {
    /// A question to a program, asked in a folder.
    pub fn new(program: &Path, dir: &Path) -> Self {
        Self { program: program.to_owned(), arguments: Vec::new(), dir: dir.to_owned(), limit: LIMIT }
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

    /// The command as it would be typed, for messages.
    pub fn words(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy();
        let words = self.arguments.iter().map(|word| word.to_string_lossy());
        std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Asks, and waits for the end; a program that is left waiting is ended. Nothing is read from this process's
    /// standard input, and none of its variables are inherited but those of the surroundings.
    ///
    /// # Errors
    /// It cannot be started, does not end in its time, or says more than can be meant.
    pub async fn ask(&self, surroundings: &ChildEnvironment) -> Result<Answer, Trouble> {
        let failed = |message: String| Trouble::new(TroubleKind::Failed, message);
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
        let whole = async {
            let reading = async { tokio::join!(read(out), complaint(err)) };
            tokio::pin!(reading);
            tokio::select! {
                said = &mut reading => (Some(said), child.wait().await),
                status = child.wait() => (tokio::time::timeout(DRAIN, &mut reading).await.ok(), status),
            }
        };
        let Ok((said, status)) = tokio::time::timeout(self.limit, whole).await else {
            let limit = crate::model::time::spoken(self.limit.try_into().unwrap_or_default());
            return Err(failed(format!("`{}` did not end within {limit} and was ended", self.words())));
        };
        let status = status.map_err(|error| failed(format!("`{}` was lost: {error}", self.words())))?;
        let (out, err) = said.unwrap_or((Some(Vec::new()), String::new()));
        let Some(out) = out else {
            return Err(failed(format!("`{}` says more than {} MB", self.words(), MOST >> 20))
                .hint("it is not kept: look at it with the program itself"));
        };
        Ok(Answer { code: status.code(), out, err: without_colours(&err) })
    }

    /// Asks, and takes an exit code other than 0 as trouble.
    ///
    /// # Errors
    /// As [`Self::ask`], and where the program fails.
    pub async fn ask_well(&self, surroundings: &ChildEnvironment, what: &str) -> Result<Answer, Trouble> {
        let answer = self.ask(surroundings).await?;
        if answer.code == Some(0) { Ok(answer) } else { Err(self.failed(what, &answer)) }
    }

    /// Trouble of a program that ended badly, with what it said.
    pub fn failed(&self, what: &str, answer: &Answer) -> Trouble {
        let end = answer.code.map_or("was ended by a signal".to_owned(), |code| format!("ended with {code}"));
        Trouble::new(TroubleKind::Failed, what).cause(format!("`{}` {end}", self.words())).causes(answer.complaints())
    }

    fn not_started(&self, error: &std::io::Error) -> Trouble {
        let program = self.program.display();
        if !self.dir.is_dir() {
            let message = format!("the folder {} is not there", self.dir.display());
            return Trouble::new(TroubleKind::Usage, message).hint("was it moved? correct it in the configuration");
        }
        Trouble::new(TroubleKind::Tool, format!("{program} cannot be started: {error}"))
    }
}

impl Answer {
    /// Its complaints for a person: Terraform's errors without their frames, at most 20 lines.
    pub fn complaints(&self) -> Vec<String> {
        let said = if self.err.trim().is_empty() { String::from_utf8_lossy(&self.out) } else { (&*self.err).into() };
        let frame = |c: char| matches!(c, '│' | '╷' | '╵') || c.is_whitespace();
        let lines = said.lines().map(|line| line.trim_matches(frame)).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        // The first error says more than what follows from it.
        let first = lines.iter().position(|line| line.starts_with("Error:")).unwrap_or(0);
        lines.into_iter().skip(first).take(20).collect()
    }
}

/// Text without the escape sequences that colour it.
fn without_colours(said: &str) -> String {
    let mut plain = String::with_capacity(said.len());
    let mut parts = said.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    }
    plain
}

/// All of it; nothing where it is more than can be meant.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let Some(stream) = stream else { return Some(all) };
    let _ = stream.take(MOST + 1).read_to_end(&mut all).await;
    (all.len() as u64 <= MOST).then_some(all)
}

/// The end of it.
async fn complaint(stream: Option<impl AsyncRead + Unpin>) -> String {
    let (mut all, mut chunk) = (Vec::new(), vec![0; 16 * 1024]);
    let Some(mut stream) = stream else { return String::new() };
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        all.extend_from_slice(&chunk[..length]);
        if all.len() > 2 * COMPLAINT {
            all.drain(..all.len() - COMPLAINT);
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_no_part_of_what_is_said() {
        assert_eq!(without_colours("\u{1b}[31m\u{1b}[1m│\u{1b}[0m Error\u{1b}["), "│ Error");
        assert_eq!(without_colours("plain [x]"), "plain [x]");
    }

    #[test]
    fn complaints_are_the_first_error_without_its_frame() {
        let err = "Initializing…\n╷\n│ Error: Unsupported block type\n│ \n│   on main.tf line 3:\n│    3: x {\n╵\n"
            .to_owned();
        let answer = Answer { code: Some(1), out: b"ignored".to_vec(), err };
        assert_eq!(answer.complaints(), ["Error: Unsupported block type", "on main.tf line 3:", "3: x {"]);
        let answer = Answer { code: Some(1), out: b"on stdout\n".to_vec(), err: " \n".into() };
        assert_eq!(answer.complaints(), ["on stdout"]);
    }
}

//! A step of a unit as a process: starts it, or finds it again after its supervisor was killed; follows its output line by line,
//! and its end.

use super::ahead;
use super::folder;
use super::shim;
use super::steps::Call;
use crate::model::infra::run_event::Step;
use crate::private_files;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::Sender;

/// The interval of checks for new output.
const POLL_INTERVAL: Duration = Duration::from_millis(25);
/// The same while the end of a plan is awaited.
const FAST_POLL_INTERVAL: Duration = Duration::from_millis(4);
/// The number of bytes to read at a time.
const PIECE: usize = 128 * 1024;
/// The maximum length of a line in bytes; a longer line is cut here, and complete in the file.
const MAX_LINE: usize = 1024 * 1024;

/// A report about a step.
#[derive(Debug)]
pub(super) struct Report {
    pub unit: String,
    pub step: Step,
    /// The content of the report.
    pub progress: Progress,
}

/// The content of a report.
#[derive(Debug)]
pub(super) enum Progress {
    /// The process ID of Terraform is known.
    Pid(u32),
    /// Lines of its output.
    Lines(Vec<String>),
    /// The result of a check whether its workspace exists: why it does not.
    Workspace(Option<String>),
    /// The state was read after the apply had ended: these resources were created and are not in it.
    Unwritten(Vec<String>),
    /// It has ended.
    Ended(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Unknown, because it was not a child of this supervisor.
    Unknown,
    /// It could not be started, with the reason.
    NotStarted(String),
}

/// The place of a step in a run.
#[derive(Debug, Clone)]
pub(super) struct StepPlace {
    /// The run's folder.
    pub run: PathBuf,
    pub unit: String,
    pub step: Step,
}

impl StepPlace {
    fn stdout(&self) -> PathBuf {
        folder::stdout(&self.run, &self.unit, self.step)
    }

    fn stderr(&self) -> PathBuf {
        folder::stderr(&self.run, &self.unit, self.step)
    }

    fn leaf(&self) -> PathBuf {
        folder::leaf(&self.run, &self.unit, self.step)
    }

    /// Whether it has started, according to its files.
    pub fn has_started(&self) -> bool {
        self.stderr().exists()
    }

    /// Whether Terraform, or Terragrunt around it, still has its output files open.
    pub fn is_alive(&self) -> bool {
        [self.stdout(), self.stderr()].iter().any(|path| folder::is_locked(path).unwrap_or(true))
    }

    /// Returns the process ID of Terraform, if it is alive.
    pub fn pid(&self) -> Option<u32> {
        let is_alive = folder::is_locked(&self.stdout()).unwrap_or(false);
        shim::leaf(&self.leaf()).filter(|_| is_alive).map(|leaf| leaf.pid)
    }

    /// Returns the process group of the started program, if it is alive: Terragrunt with its hooks. Terraform has left that
    /// group.
    pub fn group(&self) -> Option<u32> {
        let group = std::fs::read_to_string(self.group_file()).ok()?.parse().ok()?;
        let stderr = self.stderr();
        // The ID may have been reused by another process.
        (folder::is_locked(&stderr).unwrap_or(false) && prints_into(group, &stderr)).then_some(group)
    }

    fn group_file(&self) -> PathBuf {
        self.leaf().with_extension("group")
    }

    /// Renames the output of an earlier attempt: `plan.stdout.1`.
    pub fn rename_output(&self) -> io::Result<()> {
        for path in [self.stdout(), self.stderr()] {
            if path.exists() {
                let mut number = 1;
                while suffixed(&path, number).exists() {
                    number += 1;
                }
                std::fs::rename(&path, suffixed(&path, number))?;
            }
        }
        match std::fs::remove_file(self.leaf()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether the standard error of a process is this file.
#[cfg(target_os = "linux")]
fn prints_into(process: u32, path: &Path) -> bool {
    let is = std::fs::read_link(format!("/proc/{process}/fd/2"));
    is.is_ok_and(|is| path.canonicalize().is_ok_and(|path| path == is))
}

/// Cannot be determined on this system; the lock on the file already shows that something of the step is alive.
#[cfg(not(target_os = "linux"))]
fn prints_into(_: u32, _: &Path) -> bool {
    true
}

fn suffixed(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    path.with_file_name(name)
}

/// Starts a step. The standard output of programs other than Terraform goes into the file of standard error.
pub(super) fn start(place: &StepPlace, call: &Call) -> io::Result<Child> {
    private_files::make(&folder::of_unit(&place.run, &place.unit))?;
    place.rename_output()?;
    let output = private_files::to_add_to(&place.stderr())?;
    // Held until the last process that has the file open ends; whoever resumes the run uses it to see whether the step is alive.
    output.lock()?;
    let child = command(call).stdout(Stdio::from(output.try_clone()?)).stderr(Stdio::from(output)).spawn()?;
    // If this fails, a cancel cannot end the programs around Terraform.
    let _ = std::fs::write(place.group_file(), child.id().unwrap_or_default().to_string());
    Ok(child)
}

/// Returns a command with the variables of the call only, and without input.
pub(super) fn command(call: &Call) -> Command {
    let mut command = Command::new(&call.program);
    command
        .args(&call.arguments)
        .current_dir(&call.dir)
        .env_clear()
        .envs(call.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        // Signals to the supervisor's group must not reach it.
        .process_group(0);
    command
}

/// Whether these lines complete a plan: its counts were printed, and no error.
fn is_complete(lines: &[String]) -> bool {
    let contains = |text: &str| lines.iter().any(|line| line.contains(text));
    contains("\"type\":\"change_summary\"") && !contains("\"@level\":\"error\"")
}

/// Follows a step to its end, and sends its output from a line on. The step ends with Terraform, even if the program that
/// called it was killed. Continues if nobody listens any more. With `by_leaf` a plan ends with Terraform's own process once
/// its output is complete: Terragrunt, which has no hooks to run then, takes some time to end after it.
pub(super) async fn follow(place: StepPlace, mut child: Option<Child>, skip: u64, by_leaf: bool, out: Sender<Report>) {
    let send = |what| {
        let report = Report { unit: place.unit.clone(), step: place.step, progress: what };
        let out = out.clone();
        async move { out.send(report).await.is_ok() }
    };
    let mut tail = Tail::new(place.stdout(), skip);
    let (mut pid_sent, mut complete) = (false, false);
    let mut exit = None;
    loop {
        let over = if let Some(child) = child.as_mut() {
            // A plan that was started ahead may wait for long; check often once it continues.
            let imminent = by_leaf && (pid_sent || ahead::go_file(&place.run, &place.unit).exists());
            let pause = if imminent { FAST_POLL_INTERVAL } else { POLL_INTERVAL };
            tokio::select! {
                biased;
                status = child.wait() => {
                    let end = status.map_or(Exit::Unknown, ended);
                    // After Terragrunt was killed Terraform continues, and the step is not over.
                    let continues =
                        matches!(end, Exit::Signal(_)) && folder::is_locked(&place.stdout()).unwrap_or(false);
                    if continues {
                        tokio::time::sleep(POLL_INTERVAL).await;
                    }
                    exit = Some(end);
                    !continues
                }
                // A child that is not awaited any longer is still reaped.
                () = tokio::time::sleep(pause) => complete && !folder::is_locked(&place.stdout()).unwrap_or(true),
            }
        } else {
            let is_alive = place.is_alive();
            if is_alive {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            !is_alive
        };
        if !pid_sent && let Some(leaf) = shim::leaf(&place.leaf()) {
            pid_sent = true;
            if !send(Progress::Pid(leaf.pid)).await {
                return;
            }
        }
        loop {
            let (lines, more) = tail.read();
            complete |= by_leaf && is_complete(&lines);
            if !lines.is_empty() && !send(Progress::Lines(lines)).await {
                return;
            }
            if !more {
                break;
            }
        }
        if over {
            break;
        }
    }
    if let Some(line) = tail.last()
        && !send(Progress::Lines(vec![line])).await
    {
        return;
    }
    send(Progress::Ended(exit.unwrap_or(Exit::Unknown))).await;
}

fn ended(status: std::process::ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().map_or_else(|| Exit::Signal(status.signal().unwrap_or_default()), Exit::Code)
}

/// The lines of a file that is being written.
#[derive(Debug)]
struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// The offset up to which it was read.
    at: u64,
    /// The incomplete last line, as far as it is kept.
    line: Vec<u8>,
    /// The number of lines to skip, which were reported before.
    skip: u64,
}

impl Tail {
    fn new(path: PathBuf, skip: u64) -> Self {
        Self { path, file: None, at: 0, line: Vec::new(), skip }
    }

    /// Returns the lines that are complete, and whether there may be more.
    fn read(&mut self) -> (Vec<String>, bool) {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &self.file else { return (Vec::new(), false) };
        let mut piece = vec![0; PIECE];
        let count = file.read_at(&mut piece, self.at).unwrap_or(0);
        self.at += count as u64;
        let mut lines = Vec::new();
        for part in piece[..count].split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let room = (MAX_LINE - self.line.len()).min(text.len());
            self.line.extend_from_slice(&text[..room]);
            if ends {
                lines.extend(self.take_line());
            }
        }
        (lines, count > 0)
    }

    /// Returns the incomplete last line, when no more output is expected.
    fn last(&mut self) -> Option<String> {
        if self.line.is_empty() { None } else { self.take_line() }
    }

    fn take_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        Some(String::from_utf8_lossy(&line).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_lines_are_skipped_and_an_incomplete_last_line_counts() {
        let path = std::env::temp_dir().join(format!("cockpit-tail-{}", std::process::id()));
        let mut bytes = b"one\ntwo\n\n".to_vec();
        bytes.extend(vec![b'x'; MAX_LINE + 5]);
        bytes.extend_from_slice(b"\ncaf\xe9\nlast");
        std::fs::write(&path, bytes).unwrap();
        let mut tail = Tail::new(path.clone(), 1);
        let mut lines = Vec::new();
        loop {
            let (more, continues) = tail.read();
            lines.extend(more);
            if !continues {
                break;
            }
        }
        lines.extend(tail.last());
        std::fs::remove_file(path).unwrap();
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        assert_eq!(lengths, [3, 0, MAX_LINE, 6, 4]);
        assert_eq!((lines[0].as_str(), lines[4].as_str()), ("two", "last"));
    }

    #[tokio::test]
    async fn step_ends_with_terraform_even_if_its_caller_was_killed() {
        let run = std::env::temp_dir().join(format!("cockpit-outlives-{}", std::process::id()));
        let place = StepPlace { run: run.clone(), unit: "a".into(), step: Step::Apply };
        private_files::make(&folder::of_unit(&run, "a")).unwrap();
        // Terraform itself, which has left the process group of its caller.
        let mut terraform = private_files::to_add_to(&place.stdout()).unwrap();
        terraform.lock().unwrap();
        let child = Command::new("sh").args(["-c", "kill -9 $$"]).spawn().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        let (out, mut reports) = tokio::sync::mpsc::channel(8);
        let following = tokio::spawn(follow(place, Some(child), 0, false, out));
        // The follower has noticed its end.
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        std::io::Write::write_all(&mut terraform, b"done\n").unwrap();
        let progress = reports.recv().await.map(|report| report.progress);
        assert!(matches!(&progress, Some(Progress::Lines(lines)) if lines[..] == ["done"]), "{progress:?}");
        drop(terraform);
        let progress = reports.recv().await.map(|report| report.progress);
        assert!(matches!(progress, Some(Progress::Ended(Exit::Signal(9)))), "{progress:?}");
        following.await.unwrap();
        std::fs::remove_dir_all(run).unwrap();
    }
}

//! A step of a unit as a process: started, or found again after its supervisor was killed; what it says, line by line, and
//! how it ended.

use super::ahead;
use super::folder;
use super::shim;
use super::steps::Call;
use crate::model::infra::run_event::Step;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::Sender;

/// The interval between two looks at what it has said.
const LOOK: Duration = Duration::from_millis(25);
/// The same while the end of a plan is waited for.
const LOOK_OFTEN: Duration = Duration::from_millis(4);
/// Bytes that are read at a time.
const PIECE: usize = 128 * 1024;
/// A longer line is cut: no memory holds one without an end. The file has it whole.
const LONGEST: usize = 1024 * 1024;

/// A report of a step.
#[derive(Debug)]
pub(super) struct Told {
    pub unit: String,
    pub step: Step,
    /// The content of the report.
    pub what: News,
}

/// The content of a report.
#[derive(Debug)]
pub(super) enum News {
    /// Terraform's process is known.
    Pid(u32),
    /// It said lines.
    Lines(Vec<String>),
    /// Whether its workspace is there was asked: why not.
    Workspace(Option<String>),
    /// The state was read after the apply had ended: these resources were made and are not in it.
    Unwritten(Vec<String>),
    /// It has ended: with a code, after a signal, or in an unknown way.
    Ended(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exit {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It was not this supervisor's process.
    Unknown,
    /// It could not be started: why.
    NotStarted(String),
}

/// The place of a step in a run.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The run's folder.
    pub run: PathBuf,
    pub unit: String,
    pub step: Step,
}

impl Place {
    fn stdout(&self) -> PathBuf {
        folder::stdout(&self.run, &self.unit, self.step)
    }

    fn stderr(&self) -> PathBuf {
        folder::stderr(&self.run, &self.unit, self.step)
    }

    fn leaf(&self) -> PathBuf {
        folder::leaf(&self.run, &self.unit, self.step)
    }

    /// Whether it began, as far as its files tell.
    pub fn began(&self) -> bool {
        self.stderr().exists()
    }

    /// Whether Terraform, or Terragrunt around it, still has its files open.
    pub fn lives(&self) -> bool {
        [self.stdout(), self.stderr()].iter().any(|path| folder::is_locked(path).unwrap_or(true))
    }

    /// Terraform's process, if it lives.
    pub fn pid(&self) -> Option<u32> {
        let lives = folder::is_locked(&self.stdout()).unwrap_or(false);
        shim::leaf(&self.leaf()).filter(|_| lives).map(|leaf| leaf.pid)
    }

    /// The process group of what was started for it, if that lives: Terragrunt with its hooks, which Terraform itself has left.
    pub fn group(&self) -> Option<u32> {
        let group = std::fs::read_to_string(self.group_file()).ok()?.parse().ok()?;
        let stderr = self.stderr();
        // The number may be that of another process by now.
        (folder::is_locked(&stderr).unwrap_or(false) && prints_into(group, &stderr)).then_some(group)
    }

    fn group_file(&self) -> PathBuf {
        self.leaf().with_extension("group")
    }

    /// Keeps what an earlier try left under other names: `plan.stdout.1`.
    pub fn set_aside(&self) -> io::Result<()> {
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

/// Whether a process has a file as its standard error.
#[cfg(target_os = "linux")]
fn prints_into(process: u32, path: &Path) -> bool {
    let is = std::fs::read_link(format!("/proc/{process}/fd/2"));
    is.is_ok_and(|is| path.canonicalize().is_ok_and(|path| path == is))
}

/// It cannot be asked here: that something of the step lives is known from the lock on the file.
#[cfg(not(target_os = "linux"))]
fn prints_into(_: u32, _: &Path) -> bool {
    true
}

fn suffixed(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    path.with_file_name(name)
}

/// Starts a step. Its standard output that is not Terraform's goes with its standard error.
pub(super) fn start(place: &Place, call: &Call) -> io::Result<Child> {
    folder::make(&folder::of_unit(&place.run, &place.unit))?;
    place.set_aside()?;
    let printed = folder::to_add_to(&place.stderr())?;
    // Let go of by the last process that has it open: whoever takes the run up asks by it whether the step lives.
    printed.lock()?;
    let child = command(call).stdout(Stdio::from(printed.try_clone()?)).stderr(Stdio::from(printed)).spawn()?;
    // Where it cannot be written down, what is around Terraform is not ended by a cancel.
    let _ = std::fs::write(place.group_file(), child.id().unwrap_or_default().to_string());
    Ok(child)
}

/// A program with no variables but those of the call, and nothing to read.
pub(super) fn command(call: &Call) -> Command {
    let mut command = Command::new(&call.program);
    command
        .args(&call.arguments)
        .current_dir(&call.dir)
        .env_clear()
        .envs(call.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        // No signal to the supervisor's group is its.
        .process_group(0);
    command
}

/// Whether a plan is whole as far as these lines say: its counts were said, and no error.
fn is_whole(lines: &[String]) -> bool {
    let says = |text: &str| lines.iter().any(|line| line.contains(text));
    says("\"type\":\"change_summary\"") && !says("\"@level\":\"error\"")
}

/// Follows a step to its end, which is that of Terraform also where what has called it was killed: what it says from a line on, and
/// how it ended. Where nobody listens any more it goes on. With
/// `by_leaf` a plan ends with Terraform's own process, where that has said all there is to say: Terragrunt, which has no hooks to
/// run, takes its time to end after it.
pub(super) async fn follow(place: Place, mut child: Option<Child>, skip: u64, by_leaf: bool, out: Sender<Told>) {
    let tell = |what| {
        let told = Told { unit: place.unit.clone(), step: place.step, what };
        let out = out.clone();
        async move { out.send(told).await.is_ok() }
    };
    let mut tail = Tail::new(place.stdout(), skip);
    let (mut pid_told, mut whole) = (false, false);
    let mut exit = None;
    loop {
        let over = if let Some(child) = child.as_mut() {
            // One that was begun ahead may wait for long: it is looked at often once it goes on.
            let soon = by_leaf && (pid_told || ahead::go(&place.run, &place.unit).exists());
            let pause = if soon { LOOK_OFTEN } else { LOOK };
            tokio::select! {
                biased;
                status = child.wait() => {
                    let end = status.map_or(Exit::Unknown, ended);
                    // Where Terragrunt was killed, Terraform goes on, and the step is not over.
                    let goes_on =
                        matches!(end, Exit::Signal(_)) && folder::is_locked(&place.stdout()).unwrap_or(false);
                    if goes_on {
                        tokio::time::sleep(LOOK).await;
                    }
                    exit = Some(end);
                    !goes_on
                }
                // What is waited for no longer is reaped all the same.
                () = tokio::time::sleep(pause) => whole && !folder::is_locked(&place.stdout()).unwrap_or(true),
            }
        } else {
            let lives = place.lives();
            if lives {
                tokio::time::sleep(LOOK).await;
            }
            !lives
        };
        if !pid_told && let Some(leaf) = shim::leaf(&place.leaf()) {
            pid_told = true;
            if !tell(News::Pid(leaf.pid)).await {
                return;
            }
        }
        loop {
            let (lines, more) = tail.read();
            whole |= by_leaf && is_whole(&lines);
            if !lines.is_empty() && !tell(News::Lines(lines)).await {
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
        && !tell(News::Lines(vec![line])).await
    {
        return;
    }
    tell(News::Ended(exit.unwrap_or(Exit::Unknown))).await;
}

fn ended(status: std::process::ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().map_or_else(|| Exit::Signal(status.signal().unwrap_or_default()), Exit::Code)
}

/// The lines of a file that is written meanwhile.
#[derive(Debug)]
struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// How far it was read.
    at: u64,
    /// The line that has no end yet, as far as it is kept.
    line: Vec<u8>,
    /// Lines that were told before.
    skip: u64,
}

impl Tail {
    fn new(path: PathBuf, skip: u64) -> Self {
        Self { path, file: None, at: 0, line: Vec::new(), skip }
    }

    /// The lines that have come to their end, and whether there may be more.
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
            let room = (LONGEST - self.line.len()).min(text.len());
            self.line.extend_from_slice(&text[..room]);
            if ends {
                lines.extend(self.taken());
            }
        }
        (lines, count > 0)
    }

    /// The last line where it has no end: nothing more is printed.
    fn last(&mut self) -> Option<String> {
        if self.line.is_empty() { None } else { self.taken() }
    }

    fn taken(&mut self) -> Option<String> {
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
    fn lines_that_were_told_are_skipped_and_a_last_one_without_an_end_is_one() {
        let path = std::env::temp_dir().join(format!("cockpit-tail-{}", std::process::id()));
        let mut bytes = b"one\ntwo\n\n".to_vec();
        bytes.extend(vec![b'x'; LONGEST + 5]);
        bytes.extend_from_slice(b"\ncaf\xe9\nlast");
        std::fs::write(&path, bytes).unwrap();
        let mut tail = Tail::new(path.clone(), 1);
        let mut lines = Vec::new();
        loop {
            let (more, goes_on) = tail.read();
            lines.extend(more);
            if !goes_on {
                break;
            }
        }
        lines.extend(tail.last());
        std::fs::remove_file(path).unwrap();
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        assert_eq!(lengths, [3, 0, LONGEST, 6, 4]);
        assert_eq!((lines[0].as_str(), lines[4].as_str()), ("two", "last"));
    }

    #[tokio::test]
    async fn a_step_is_not_over_before_terraform_is_also_where_what_has_called_it_was_killed() {
        let run = std::env::temp_dir().join(format!("cockpit-outlives-{}", std::process::id()));
        let place = Place { run: run.clone(), unit: "a".into(), step: Step::Apply };
        folder::make(&folder::of_unit(&run, "a")).unwrap();
        // Terraform itself: it has left what called it.
        let mut terraform = folder::to_add_to(&place.stdout()).unwrap();
        terraform.lock().unwrap();
        let child = Command::new("sh").args(["-c", "kill -9 $$"]).spawn().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        let (out, mut told) = tokio::sync::mpsc::channel(8);
        let following = tokio::spawn(follow(place, Some(child), 0, false, out));
        // Whoever follows it has heard of its end.
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::time::sleep(LOOK).await;
        }
        std::io::Write::write_all(&mut terraform, b"done\n").unwrap();
        let said = told.recv().await.map(|told| told.what);
        assert!(matches!(&said, Some(News::Lines(lines)) if lines[..] == ["done"]), "{said:?}");
        drop(terraform);
        let said = told.recv().await.map(|told| told.what);
        assert!(matches!(said, Some(News::Ended(Exit::Signal(9)))), "{said:?}");
        following.await.unwrap();
        std::fs::remove_dir_all(run).unwrap();
    }
}
